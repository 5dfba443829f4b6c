// What was typed before, kept in a file of the user's own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dunlin::shell {

// Not what holds a password or may, a URL with credentials, or begins with a blank.
bool may_be_kept(std::string_view text);

// $XDG_STATE_HOME/dunlin/shell_history, or the same in ~/.local/state; empty when neither variable says where.
std::string default_history_path(std::string_view state_home, std::string_view home);

class History {
 public:
  // An empty path keeps nothing beyond this process.
  explicit History(std::string path) : path_(std::move(path)) {}

  // Oldest first.
  std::vector<std::string> load() const;
  // Appends to the file, which only its owner can read. A file that cannot be written is no error: a container's root
  // file system often cannot be.
  void add(std::string_view text);

 private:
  void trim(const std::vector<std::string>& entries) const;

  std::string path_;
};

}  // namespace dunlin::shell
