#include "history/line_endings.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "history/digest.h"

namespace dunlin::history {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

enum class Ending { as_is, lf, crlf };

// One way to write the same text: its digest over everything but the newlines at the end, which are held back.
class Spelling {
 public:
  Spelling(Ending ending, bool byte_order_mark) : ending_(ending) {
    if (byte_order_mark) body_.update(kByteOrderMark);
  }

  void feed(std::string_view piece) {
    out_.clear();
    while (!piece.empty()) {
      // A CR is part of a line ending only if a LF follows, which the next piece may bring.
      if (std::exchange(carriage_return_, false)) {
        if (piece.front() == '\n') {
          newline(true);
          piece.remove_prefix(1);
          continue;
        }
        text("\r");
      }
      const std::size_t end = piece.find('\n');
      std::string_view line = piece.substr(0, end);
      const bool with_return = line.ends_with('\r');
      if (with_return) line.remove_suffix(1);
      if (!line.empty()) text(line);
      if (end == std::string_view::npos) {
        carriage_return_ = with_return;
        break;
      }
      newline(with_return);
      piece.remove_prefix(end + 1);
    }
    body_.update(out_);
  }

  bool matches(const std::string& digest) {
    out_.clear();
    if (carriage_return_) text("\r");
    body_.update(out_);
    std::vector<std::string> tails{"", newlines_};
    // A single newline more or less is what tools change; two cover an empty last line.
    for (const std::string_view one : {"\n", "\r\n"}) {
      if ((ending_ == Ending::lf && one != "\n") || (ending_ == Ending::crlf && one != "\r\n")) continue;
      tails.emplace_back(one);
      tails.push_back(std::string(one) + std::string(one));
    }
    return std::any_of(tails.begin(), tails.end(), [&](const std::string& tail) {
      Sha384 whole = body_;
      whole.update(tail);
      return whole.finish() == digest;
    });
  }

 private:
  void text(std::string_view line) {
    out_ += newlines_;
    newlines_.clear();
    out_ += line;
  }

  void newline(bool with_return) {
    const bool crlf = ending_ == Ending::crlf || (ending_ == Ending::as_is && with_return);
    newlines_ += crlf ? "\r\n" : "\n";
  }

  Ending ending_;
  Sha384 body_;
  std::string out_;
  std::string newlines_;
  bool carriage_return_ = false;
};

}  // namespace

bool digest_matches_but_for_whitespace(const Script& script, const std::string& digest) {
  std::vector<Spelling> spellings;
  for (const Ending ending : {Ending::as_is, Ending::lf, Ending::crlf}) {
    for (const bool byte_order_mark : {false, true}) spellings.emplace_back(ending, byte_order_mark);
  }
  const auto reader = script.open();
  std::vector<char> buffer(64 * 1024);
  std::string start;  // until it is known whether it is a byte order mark
  bool started = false;
  const auto feed = [&](std::string_view piece) {
    for (Spelling& spelling : spellings) spelling.feed(piece);
  };
  while (const std::size_t count = reader->read(buffer)) {
    const std::string_view piece(buffer.data(), count);
    if (started) {
      feed(piece);
      continue;
    }
    start += piece;
    if (start.size() < kByteOrderMark.size()) continue;
    started = true;
    feed(std::string_view(start).substr(start.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0));
  }
  if (!started) feed(start);
  return std::any_of(spellings.begin(), spellings.end(), [&](Spelling& spelling) { return spelling.matches(digest); });
}

}  // namespace dunlin::history
