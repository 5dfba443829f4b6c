// Places in files, for the caret display of an error.
#include <algorithm>
#include <array>
#include <span>

#include "base/utf8.h"
#include "sql/mask.h"
#include "sql/statement_reader.h"

namespace dunlin::sql {
namespace {

// In bytes. Wide enough for any caret that a terminal can show.
constexpr std::size_t kShownLine = 2000;

}  // namespace

std::string line_text(ScriptReader& reader, int line, int first_line) {
  std::array<char, 16 * 1024> chunk;
  std::string found;
  int current = first_line;
  bool ended = false;
  while (!ended && current <= line) {
    const std::size_t read = reader.read(chunk);
    if (read == 0) break;
    std::string_view rest(chunk.data(), read);
    while (!rest.empty() && current <= line) {
      const auto newline = rest.find('\n');
      if (current == line) {
        found.append(rest.substr(0, std::min(newline, kShownLine + 4)));
        ended = found.size() > kShownLine;
        if (ended) break;
      }
      if (newline == std::string_view::npos) break;
      ++current;
      rest.remove_prefix(newline + 1);
    }
  }
  std::string_view text = found;
  if (line == first_line && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return mask_line(truncate_bytes(text, kShownLine));
}

SourcePosition position_in_file(const Statement& statement, const std::string& shown_as, int position) {
  SourcePosition place{.file = shown_as, .line = statement.line, .column = statement.column};
  int left = position - 1;
  for (std::size_t at = 0; at < statement.text.size() && left > 0; ++at) {
    const auto byte = static_cast<unsigned char>(statement.text[at]);
    const bool last_of_code_point =
        at + 1 == statement.text.size() || (static_cast<unsigned char>(statement.text[at + 1]) & 0xC0) != 0x80;
    if (!last_of_code_point) continue;
    --left;
    if (byte == '\n') {
      ++place.line;
      place.column = 1;
    } else {
      ++place.column;
    }
  }
  return place;
}

}  // namespace dunlin::sql
