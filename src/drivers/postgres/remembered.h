// What the verifier wants to know again after a crash, as one line of text: "table=16390 indexes=16393,16395 path=...".
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace dunlin::postgres {

class Remembered {
 public:
  Remembered() = default;
  explicit Remembered(std::string_view text);

  // Values hold no blanks; an empty one is not kept.
  void set(const std::string& key, const std::string& value);
  std::string get(const std::string& key) const;
  // Whether the comma-separated list has the item.
  bool has(const std::string& key, std::string_view item) const;
  // The search_path, for the people who read the journal.
  void set_path(std::string path) { path_ = std::move(path); }
  std::string text() const;

 private:
  std::map<std::string, std::string> values_;
  std::string path_;
};

}  // namespace dunlin::postgres
