// The text of a migration, wherever it is kept, read as a stream: a 100 MB file never becomes a 100 MB string.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace dunlin {

// Reads a script's bytes from its start to its end, once.
class ScriptReader {
 public:
  virtual ~ScriptReader() = default;
  // Fills at most `buffer.size()` bytes and returns how many; 0 at the end. Throws Failure (io).
  virtual std::size_t read(std::span<char> buffer) = 0;
};

// A value, cheap to copy. The bytes are exactly those of the file: BOM and CR are kept.
class Script {
 public:
  Script() = default;
  // Reads the file again at each open(). `shown_as` is the name that errors and output use. `line_offset` is for a
  // script that is a section of a file; it is added to line numbers, and `begin`/`end` select the section's bytes.
  static Script from_file(std::string path, std::string shown_as);
  static Script from_file_section(std::string path, std::string shown_as, std::uint64_t begin, std::uint64_t end,
                                  int first_line);
  static Script from_text(std::string text, std::string shown_as);
  // The bytes must outlive the script: for migrations embedded in the program.
  static Script from_static(std::string_view text, std::string shown_as);

  bool empty() const noexcept { return source_ == nullptr; }
  const std::string& shown_as() const noexcept { return shown_as_; }
  int first_line() const noexcept { return first_line_; }
  // Throws Failure (io) when the file is gone or unreadable.
  std::unique_ptr<ScriptReader> open() const;
  // The whole text; only for what is known to be small, or for a command that prints it.
  std::string text() const;

  class Source;

 private:
  std::shared_ptr<const Source> source_;
  std::string shown_as_;
  int first_line_ = 1;
};

}  // namespace dunlin
