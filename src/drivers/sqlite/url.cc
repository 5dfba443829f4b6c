#include "drivers/sqlite/url.h"

#include <array>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "dunlin/error.h"

namespace dunlin::sqlite {
namespace {

constexpr std::string_view kHint = "use sqlite:path/to/file.db; add ?mode=rwc to have a missing file made";

[[noreturn]] void refuse(std::string message, std::string_view hint = kHint) {
  throw Failure(ErrorKind::usage, std::move(message), std::string(hint));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) refuse("the database URL has a % that no two hexadecimal digits follow", "write % as %25");
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (decoded.find('\0') != std::string::npos) refuse("the database URL holds a NUL byte");
  return decoded;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool truth(std::string_view name, std::string_view value) {
  for (const std::string_view yes : {"1", "true", "on", "yes"}) {
    if (value == yes) return true;
  }
  for (const std::string_view no : {"0", "false", "off", "no"}) {
    if (value == no) return false;
  }
  refuse(fmt::format("the parameter {} of the database URL is neither true nor false", name));
}

void set_mode(Location& location, std::string_view value) {
  if (value == "ro") {
    location.mode = OpenMode::read_only;
  } else if (value == "rw") {
    location.mode = OpenMode::existing;
  } else if (value == "rwc") {
    location.mode = OpenMode::create;
  } else if (value == "memory") {
    location.in_memory = true;
  } else {
    refuse("the parameter mode of the database URL is none of ro, rw, rwc and memory");
  }
}

void set_parameter(Location& location, std::string_view name, const std::string& value) {
  if (name == "mode") {
    set_mode(location, value);
  } else if (name == "cache") {
    if (value != "shared" && value != "private") {
      refuse("the parameter cache of the database URL is neither shared nor private");
    }
    location.shared_cache = value == "shared";
  } else if (name == "immutable") {
    location.immutable = truth(name, value);
  } else if (name == "vfs") {
    location.vfs = value;
  } else if (name == "_foreign_keys" || name == "_fk") {
    location.foreign_keys = truth(name, value);
  } else if (name == "_busy_timeout" || name == "_timeout") {
    int milliseconds = 0;
    const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), milliseconds);
    if (failed != std::errc() || end != value.data() + value.size() || milliseconds < 0) {
      refuse(fmt::format("the parameter {} of the database URL is not a number of milliseconds", name));
    }
    location.busy_timeout = std::chrono::milliseconds(milliseconds);
  } else {
    refuse(fmt::format("the database URL has a parameter that SQLite databases do not have: {}", name),
           "mode, cache, immutable, vfs, _foreign_keys and _busy_timeout are understood");
  }
}

void set_parameters(Location& location, std::string_view query) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const std::string name = decode(pair.substr(0, equals));
    set_parameter(location, name, equals == std::string_view::npos ? std::string() : decode(pair.substr(equals + 1)));
  }
}

// SQLite's own form: file:path, file:/path, file:///path, file://localhost/path.
void strip_file_authority(std::string_view& rest) {
  if (!take_prefix(rest, "//")) return;
  const auto slash = rest.find('/');
  const std::string_view host = rest.substr(0, slash);
  if (slash == std::string_view::npos || (!host.empty() && host != "localhost")) {
    refuse("a file: URL with two slashes names a host, and SQLite databases have none",
           "use file:path for a relative and file:/path for an absolute one");
  }
  rest.remove_prefix(slash);
}

}  // namespace

Location parse_url(const std::string& url) {
  std::string_view rest = url;
  take_prefix(rest, "jdbc:");
  if (take_prefix(rest, "sqlite3:") || take_prefix(rest, "sqlite:")) {
    // sqlx's rule: what follows the two slashes is the path, relative or not.
    if (!take_prefix(rest, "//") && take_prefix(rest, "file:")) strip_file_authority(rest);
  } else if (take_prefix(rest, "file:")) {
    strip_file_authority(rest);
  } else {
    refuse("the database URL is not that of an SQLite database");
  }

  Location location;
  rest = rest.substr(0, rest.find('#'));
  const auto question = rest.find('?');
  location.path = decode(rest.substr(0, question));
  if (question != std::string_view::npos) set_parameters(location, rest.substr(question + 1));
  // An empty path is a database of SQLite's own that goes away with the connection: never what was meant.
  if (location.path.empty() && !location.in_memory) refuse("the database URL names no file");
  if (location.path == ":memory:") location.in_memory = true;
  if (location.in_memory && location.path.empty()) location.path = ":memory:";
  if (!location.in_memory && location.path.back() == '/') refuse("the database URL names a directory, not a file");
  return location;
}

std::string Location::name() const {
  if (in_memory) return path;
  return path.substr(path.rfind('/') + 1);
}

std::string Location::shown() const {
  if (in_memory || path.find('/') != std::string::npos) return path;
  return "./" + path;
}

}  // namespace dunlin::sqlite
