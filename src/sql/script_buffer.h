// A script as a sliding window over its ScriptReader. A scanner walks the window with an index, holds the start of what
// it is collecting, and asks for more when it meets the NUL that ends the window; what is not held is dropped.
//
// The window holds valid UTF-8 without NUL bytes: asking for more where the script has neither throws. How the reader
// cuts its answers into chunks changes nothing that a scanner can see.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "dunlin/error.h"
#include "dunlin/script.h"

namespace dunlin::sql {

class ScriptBuffer {
 public:
  // `reader` must outlive this.
  ScriptBuffer(ScriptReader& reader, std::string shown_as, int first_line);
  ~ScriptBuffer();
  ScriptBuffer(const ScriptBuffer&) = delete;
  ScriptBuffer& operator=(const ScriptBuffer&) = delete;

  // text()[size()] is NUL. Pointers live until the next more().
  const char* text() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  std::string_view view(std::size_t from, std::size_t to) const noexcept { return {data_ + from, to - from}; }

  // Where the next statement is looked for; the scanner moves it.
  std::size_t cursor = 0;
  // Whether a semicolon ended the statement before it; the scanner says so.
  bool terminated = false;

  // Reads on. `at` is an index the caller goes on from, at most size(); it moves when the window does. Nothing before
  // the held index, or before `at` when none is held, needs to be kept. False at the end of the script. Throws Failure:
  // io from the reader, source for a NUL byte and for invalid UTF-8.
  bool more(std::size_t& at);

  // While an index is held, the window does not move.
  void hold(std::size_t at) noexcept { held_ = at; }
  void release() noexcept { held_ = kNothing; }

  // Drops what is before the cursor, once that is most of the window. Between statements only: nothing is held
  // afterwards. A file of statements longer than what is read at once would otherwise stay in memory whole.
  void forget_passed();

  // To be called before anything else: positions count as if a byte order mark were not there.
  void skip_byte_order_mark();

  // Positions are asked for in rising order: `mark` makes a later call cheap, and nothing before it can be asked again.
  struct Place {
    int line = 1;
    int column = 1;
  };
  Place mark(std::size_t at);
  Place place(std::size_t at) const;
  // In the script, byte order mark included.
  std::uint64_t offset(std::size_t at) const noexcept { return dropped_ + at; }

  // Throws Failure (source) for the `length` code points at `at`.
  [[noreturn]] void fail(std::size_t at, int length, std::string message, std::string hint);
  // The same for a quote or comment that begins at `at` and that the script does not end.
  [[noreturn]] void fail_open(std::size_t at, int length, std::string message, std::string hint);
  bool ended_inside() const noexcept { return ended_inside_; }

 private:
  enum class Stop { none, nul_byte, not_utf8 };
  static constexpr std::size_t kNothing = static_cast<std::size_t>(-1);

  void drop_before(std::size_t& at);
  void make_room(std::size_t bytes);
  // Takes `raw_end - size_` new bytes into the window, up to the first that does not belong there.
  void admit(std::size_t raw_end);
  [[noreturn]] void fail_at_stop();
  std::string line_around(std::size_t at) const;

  ScriptReader& reader_;
  std::string shown_as_;
  char* data_ = nullptr;  // from malloc, so that growing a large window need not copy it
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  std::size_t held_ = kNothing;
  std::uint64_t dropped_ = 0;
  // The first bytes of a code point whose rest is in the next chunk.
  char pending_[4] = {};
  std::size_t pending_size_ = 0;
  bool ended_ = false;
  bool ended_inside_ = false;
  Stop stop_ = Stop::none;
  unsigned char stop_byte_ = 0;
  // The window begins where a line does.
  bool starts_line_ = true;
  std::size_t marked_ = 0;
  Place marked_place_;
};

}  // namespace dunlin::sql
