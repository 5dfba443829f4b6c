#include "sql/script_buffer.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>

#include <fmt/format.h>

#include "base/utf8.h"
#include "sql/mask.h"

namespace dunlin::sql {
namespace {

constexpr std::size_t kChunk = 64 * 1024;
// A window larger than this is given back once the statement that needed it is gone.
constexpr std::size_t kGenerous = 1024 * 1024;
// How much of a line an error shows, in bytes.
constexpr std::size_t kShownLine = 2000;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

ScriptBuffer::ScriptBuffer(ScriptReader& reader, std::string shown_as, int first_line)
    : reader_(reader), shown_as_(std::move(shown_as)) {
  marked_place_.line = first_line;
  make_room(kChunk + sizeof pending_);
  data_[0] = '\0';
}

ScriptBuffer::~ScriptBuffer() {
  std::free(data_);
}

void ScriptBuffer::make_room(std::size_t bytes) {
  const std::size_t wanted = size_ + bytes + 1;
  if (wanted <= capacity_) return;
  const std::size_t grown = std::max(wanted, capacity_ * 2);
  auto* moved = static_cast<char*>(std::realloc(data_, grown));
  if (moved == nullptr) throw std::bad_alloc();
  data_ = moved;
  capacity_ = grown;
}

bool ScriptBuffer::more(std::size_t& at) {
  if (stop_ != Stop::none) fail_at_stop();
  if (ended_) return false;
  if (held_ == kNothing) drop_before(at);
  const std::size_t had = size_;
  while (size_ == had && stop_ == Stop::none) {
    make_room(kChunk + sizeof pending_);
    std::memcpy(data_ + size_, pending_, pending_size_);
    const std::size_t read = reader_.read(std::span(data_ + size_ + pending_size_, kChunk));
    if (read == 0) {
      ended_ = true;
      if (pending_size_ > 0) {
        stop_ = Stop::not_utf8;
        stop_byte_ = static_cast<unsigned char>(pending_[0]);
      }
      break;
    }
    admit(size_ + pending_size_ + read);
  }
  data_[size_] = '\0';
  if (size_ > had) return true;
  if (stop_ != Stop::none) fail_at_stop();
  return false;
}

void ScriptBuffer::admit(std::size_t raw_end) {
  std::string_view fresh = view(size_, raw_end);
  if (const auto nul = fresh.find('\0'); nul != std::string_view::npos) {
    fresh = fresh.substr(0, nul);
    stop_ = Stop::nul_byte;
  }
  const Utf8Prefix prefix = valid_utf8_prefix(fresh);
  pending_size_ = 0;
  if (prefix.end == Utf8End::invalid || (prefix.end == Utf8End::truncated && stop_ == Stop::nul_byte)) {
    stop_ = Stop::not_utf8;
    stop_byte_ = static_cast<unsigned char>(fresh[prefix.length]);
  } else if (prefix.end == Utf8End::truncated) {
    pending_size_ = fresh.size() - prefix.length;
    std::memcpy(pending_, fresh.data() + prefix.length, pending_size_);
  }
  size_ += prefix.length;
}

void ScriptBuffer::drop_before(std::size_t& at) {
  mark(at);
  // The beginning of the current line is kept, within reason, so that an error can show it.
  std::size_t keep_from = at;
  while (keep_from > 0 && at - keep_from < kShownLine && data_[keep_from - 1] != '\n') --keep_from;
  const bool whole_line = keep_from == 0 ? starts_line_ : data_[keep_from - 1] == '\n';
  if (!whole_line && keep_from > 0) keep_from = at;
  if (keep_from == 0) return;
  starts_line_ = whole_line;
  size_ -= keep_from;
  std::memmove(data_, data_ + keep_from, size_ + 1);
  at -= keep_from;
  marked_ -= keep_from;
  dropped_ += keep_from;
  if (capacity_ > kGenerous && size_ < kChunk) {
    if (auto* smaller = static_cast<char*>(std::realloc(data_, 2 * kChunk)); smaller != nullptr) {
      data_ = smaller;
      capacity_ = 2 * kChunk;
    }
  }
}

void ScriptBuffer::forget_passed() {
  release();
  if (cursor >= kChunk && cursor > size_ / 2) drop_before(cursor);
}

void ScriptBuffer::skip_byte_order_mark() {
  std::size_t at = 0;
  if (more(at) && view(0, size_).starts_with(kByteOrderMark)) cursor = marked_ = kByteOrderMark.size();
}

ScriptBuffer::Place ScriptBuffer::place(std::size_t at) const {
  Place place = marked_place_;
  std::string_view passed = view(marked_, at);
  if (const auto last = passed.rfind('\n'); last != std::string_view::npos) {
    place.line += static_cast<int>(std::count(passed.begin(), passed.end(), '\n'));
    place.column = 1;
    passed.remove_prefix(last + 1);
  }
  place.column += static_cast<int>(count_code_points(passed));
  return place;
}

ScriptBuffer::Place ScriptBuffer::mark(std::size_t at) {
  marked_place_ = place(at);
  marked_ = at;
  return marked_place_;
}

std::string ScriptBuffer::line_around(std::size_t at) const {
  const std::string_view window = view(0, size_);
  const auto newline = at == 0 ? std::string_view::npos : window.rfind('\n', at - 1);
  if (newline == std::string_view::npos && !starts_line_) return {};
  std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  if (dropped_ == 0 && begin == 0 && window.starts_with(kByteOrderMark)) begin = kByteOrderMark.size();
  if (at - begin > kShownLine) return {};
  std::string_view line = window.substr(begin, window.find('\n', at) - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return mask_line(truncate_bytes(line, kShownLine));
}

void ScriptBuffer::fail_open(std::size_t at, int length, std::string message, std::string hint) {
  ended_inside_ = true;
  fail(at, length, std::move(message), std::move(hint));
}

void ScriptBuffer::fail(std::size_t at, int length, std::string message, std::string hint) {
  // The rest of the line may still be unread; whatever is wrong behind `at` is not what this error is about.
  if (held_ == kNothing) hold(at);
  try {
    std::size_t end = size_;
    while (stop_ == Stop::none && size_ - at < kShownLine && view(at, size_).find('\n') == std::string_view::npos &&
           more(end)) {
      end = size_;
    }
  } catch (const Failure&) {
  }
  const Place found = place(at);
  throw Failure(Error{.kind = ErrorKind::source,
                      .message = std::move(message),
                      .hint = std::move(hint),
                      .where = {.file = shown_as_, .line = found.line, .column = found.column, .length = length},
                      .line_text = line_around(at)});
}

void ScriptBuffer::fail_at_stop() {
  const bool at_start = dropped_ == 0 && size_ == 0;
  if (stop_ == Stop::nul_byte) {
    fail(size_, 1, "the file holds a NUL byte",
         "the server would see the file only up to there; save it again as UTF-8 text");
  }
  if (at_start && (stop_byte_ == 0xFF || stop_byte_ == 0xFE)) {
    fail(size_, 1, "the file is UTF-16, not UTF-8", fmt::format("iconv -f UTF-16 -t UTF-8 {}", shown_as_));
  }
  fail(size_, 1, fmt::format("byte 0x{:02X} is not valid UTF-8", stop_byte_),
       fmt::format("save the file as UTF-8; if it is Latin-1: iconv -f LATIN1 -t UTF-8 {}", shown_as_));
}

}  // namespace dunlin::sql
