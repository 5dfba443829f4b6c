#include "formats/script_check.h"

#include <algorithm>
#include <array>
#include <vector>

namespace dunlin::formats {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// Marks stand at the top; what is further down is not meant as one.
constexpr int kTopLines = 20;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Lower case, without white space, dashes and colons: how alike two spellings of a mark are.
std::string squeezed(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (!is_space(c) && c != '-' && c != '_' && c != ':') result += lower(c);
  }
  return result;
}

struct Annotation {
  std::string_view tool;
  std::string_view text;  // squeezed
  bool down;
};
constexpr std::array kAnnotations{
    Annotation{"goose", "+gooseup", false},
    Annotation{"goose", "+goosedown", true},
    Annotation{"dbmate", "migrateup", false},
    Annotation{"dbmate", "migratedown", true},
    Annotation{"tern", "createabove/dropbelow", true},
};

class Checker {
 public:
  explicit Checker(std::string_view mark) : mark_(mark), squeezed_mark_(squeezed(mark)) {}

  void feed(std::string_view piece) {
    utf8_.feed(piece);
    if (check_.blank) blank(piece);
    while (!piece.empty()) {
      const std::size_t end = piece.find('\n');
      begin_ += piece.substr(0, std::min({end, piece.size(), kLineBegin - begin_.size()}));
      if (end == std::string_view::npos) return;
      finish_line();
      piece.remove_prefix(end + 1);
    }
  }

  ScriptCheck finish() {
    finish_line();
    check_.invalid_utf8 = utf8_.finish();
    return std::move(check_);
  }

 private:
  static constexpr std::size_t kLineBegin = 80;

  void blank(std::string_view piece) {
    if (line_ == 1 && begin_.empty() && piece.starts_with(kByteOrderMark)) piece.remove_prefix(kByteOrderMark.size());
    check_.blank = std::all_of(piece.begin(), piece.end(), is_space);
  }

  // `begin_` is how the line begins.
  void finish_line() {
    std::string_view text = begin_;
    if (line_ == 1) {
      check_.marked = text.starts_with(mark_);
      if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    }
    if (text.starts_with("--")) annotation(text);
    if (line_ <= kTopLines && !check_.marked && check_.misplaced_mark_line == 0) misplaced_mark(text);
    begin_.clear();
    ++line_;
  }

  void misplaced_mark(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    if (!text.starts_with("--") && !text.starts_with("/*") && !text.starts_with('#')) return;
    std::string words = squeezed(text);
    words.erase(0, words.find_first_not_of("#/*"));
    if (words.starts_with("sqlx")) words.erase(0, 4);
    if (words == squeezed_mark_ || words == squeezed_mark_ + "*/") check_.misplaced_mark_line = line_;
  }

  void annotation(std::string_view text) {
    const std::string words = squeezed(text);
    for (const Annotation& known : kAnnotations) {
      if (!words.starts_with(known.text)) continue;
      if (check_.foreign_line == 0) {
        check_.foreign_tool = known.tool;
        check_.foreign_line = line_;
      }
      check_.foreign_down |= known.down;
    }
  }

  std::string_view mark_;
  std::string squeezed_mark_;
  ScriptCheck check_;
  Utf8Checker utf8_;
  std::string begin_;
  int line_ = 1;
};

}  // namespace

ScriptCheck check_script(const Script& script, std::string_view mark) {
  Checker checker(mark);
  const auto reader = script.open();
  static constexpr std::size_t kChunk = 64 * 1024;
  const auto buffer = std::make_unique_for_overwrite<char[]>(kChunk);
  while (const std::size_t count = reader->read({buffer.get(), kChunk})) checker.feed({buffer.get(), count});
  return checker.finish();
}

}  // namespace dunlin::formats
