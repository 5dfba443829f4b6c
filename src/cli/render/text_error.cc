#include "cli/render/text_error.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/printable.h"
#include "base/utf8.h"

namespace dunlin::cli {
namespace {

// Wide enough for nearly every line of SQL that people write, and for a terminal.
constexpr std::size_t kSourceColumns = 110;
constexpr std::size_t kStatementColumns = 160;

std::string first_code_points(std::string_view text, std::size_t count) {
  std::size_t bytes = 0;
  while (bytes < text.size() && count > 0) {
    ++bytes;
    while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) ++bytes;
    --count;
  }
  return std::string(text.substr(0, bytes));
}

// The part of a line around `column`, and where the caret goes below it.
struct Excerpt {
  std::string text;
  std::size_t caret = 0;  // columns before it
};

Excerpt excerpt(const std::string& line, int column) {
  const auto before = static_cast<std::size_t>(std::max(column - 1, 0));
  const std::string head = first_code_points(line, before);
  if (display_width(line) <= kSourceColumns) return {line, display_width(head)};
  if (display_width(head) < kSourceColumns * 3 / 4) return {shorten(line, kSourceColumns), display_width(head)};
  const std::size_t skipped = before - kSourceColumns / 2;
  const std::string dropped = first_code_points(line, skipped);
  const std::string rest = line.substr(dropped.size());
  return {"…" + shorten(rest, kSourceColumns - 1), 1 + display_width(head) - display_width(dropped)};
}

std::string source_lines(const SourcePosition& where, const std::string& line_text, const Paint& paint) {
  if (where.line <= 0 || line_text.empty()) return {};
  const Excerpt shown = excerpt(printable(line_text), where.column);
  const std::string gutter = fmt::format("{:>5} | ", where.line);
  std::string text = paint.faint(gutter) + shown.text + '\n';
  if (where.column > 0) {
    std::string mark = "^";
    const std::size_t room = display_width(shown.text) > shown.caret ? display_width(shown.text) - shown.caret : 1;
    mark.append(std::min<std::size_t>(static_cast<std::size_t>(std::max(where.length, 1)), room) - 1, '~');
    text += std::string(gutter.size() - 2, ' ') + paint.faint("| ") + std::string(shown.caret, ' ') + paint.bad(mark) +
            '\n';
  }
  return text;
}

// Continuation lines are set in under the first.
std::string labelled(std::string_view label, std::string_view value) {
  if (value.empty()) return {};
  std::string text = fmt::format("  {}: ", label);
  const std::string indent(text.size(), ' ');
  for (const char c : printable(value)) {
    text += c;
    if (c == '\n') text += indent;
  }
  return text + '\n';
}

}  // namespace

std::string place(const SourcePosition& where) {
  if (where.file.empty()) return {};
  std::string text = printable(where.file);
  if (where.line > 0) text += fmt::format(":{}", where.line);
  if (where.line > 0 && where.column > 0) text += fmt::format(":{}", where.column);
  return text;
}

std::string render_error(const Error& error, const Paint& paint) {
  std::string text = paint.bad("error:") + ' ' + paint.bold(printable(error.message));
  if (!error.sqlstate.empty()) text += fmt::format(" ({})", printable(error.sqlstate));
  text += '\n';
  if (!error.where.file.empty()) text += "  " + place(error.where) + '\n';
  const std::string source = source_lines(error.where, error.line_text, paint);
  text += source;
  if (source.empty()) text += labelled("statement", one_line(error.statement, kStatementColumns));
  text += labelled("detail", error.server_detail);
  text += labelled("hint", error.server_hint);
  for (const Error* cause = error.cause.get(); cause != nullptr; cause = cause->cause.get()) {
    text += labelled("because", cause->message);
  }
  return text;
}

std::string render_diagnostic(const Diagnostic& finding, const Paint& paint) {
  const std::string label = std::string(to_string(finding.severity)) + ':';
  std::string text = finding.severity == Severity::error     ? paint.bad(label)
                     : finding.severity == Severity::warning ? paint.caution(label)
                                                             : paint.faint(label);
  text += ' ' + printable(finding.message) + '\n';
  if (!finding.where.file.empty()) text += "  " + place(finding.where) + '\n';
  text += source_lines(finding.where, finding.line_text, paint);
  text += labelled("hint", finding.hint);
  return text;
}

std::string render_next(std::string_view hint, const Paint& paint) {
  if (hint.empty()) return {};
  return paint.bold("Next:") + ' ' + printable(hint) + '\n';
}

}  // namespace dunlin::cli
