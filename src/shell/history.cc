#include "shell/history.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/redact.h"
#include "sql/mask.h"

namespace dunlin::shell {
namespace {

constexpr std::size_t kMost = 2'000;
// A dump that was pasted in is not something to recall.
constexpr std::size_t kLongest = 16 * 1024;

// An entry is one line of the file.
std::string escaped(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c == '\\')
      line += "\\\\";
    else if (c == '\n')
      line += "\\n";
    else
      line += c;
  }
  return line;
}

std::string unescaped(std::string_view line) {
  std::string text;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\\' && at + 1 < line.size()) {
      ++at;
      text += line[at] == 'n' ? '\n' : line[at];
    } else {
      text += line[at];
    }
  }
  return text;
}

// Negative where there is no regular file: a device or a pipe keeps no history, and its mode is nobody's to change.
int open_own(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (file < 0) return file;
  struct stat status{};
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(file);
    return -1;
  }
  if (status.st_uid == ::geteuid() && (status.st_mode & 077U) != 0) ::fchmod(file, 0600);
  return file;
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

bool may_be_kept(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.front() == '\t' || text.size() > kLongest) return false;
  std::string small(text);
  std::ranges::transform(small, small.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string_view word : {"password", "passwd", "identified", "secret"}) {
    if (small.find(word) != std::string::npos) return false;
  }
  return redact(text) == text && sql::mask_literals(text) == text;
}

std::string default_history_path(std::string_view state_home, std::string_view home) {
  if (state_home.starts_with('/')) return std::string(state_home) + "/dunlin/shell_history";
  if (home.starts_with('/')) return std::string(home) + "/.local/state/dunlin/shell_history";
  return {};
}

std::vector<std::string> History::load() const {
  std::vector<std::string> entries;
  std::error_code ignored;
  if (path_.empty() || !std::filesystem::is_regular_file(path_, ignored)) return entries;
  std::ifstream file(path_);
  for (std::string line; std::getline(file, line);) entries.push_back(unescaped(line));
  if (entries.size() <= kMost) return entries;
  const bool much = entries.size() > 2 * kMost;
  entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(kMost));
  if (much) trim(entries);
  return entries;
}

void History::add(std::string_view text) {
  if (path_.empty() || !may_be_kept(text)) return;
  std::error_code ignored;
  const std::filesystem::path directory = std::filesystem::path(path_).parent_path();
  if (!directory.empty() && std::filesystem::create_directories(directory, ignored)) ::chmod(directory.c_str(), 0700);
  const int file = open_own(path_, O_APPEND);
  if (file < 0) return;
  write_all(file, escaped(text) + '\n');
  ::close(file);
}

void History::trim(const std::vector<std::string>& entries) const {
  const std::string fresh = path_ + ".new";
  const int file = open_own(fresh, O_TRUNC);
  if (file < 0) return;
  std::string text;
  for (const std::string& entry : entries) text += escaped(entry) + '\n';
  const bool written = write_all(file, text);
  ::close(file);
  if (!written || ::rename(fresh.c_str(), path_.c_str()) != 0) ::unlink(fresh.c_str());
}

}  // namespace dunlin::shell
