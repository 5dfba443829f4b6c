#include "cli/render/text_info.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/duration.h"
#include "base/printable.h"
#include "base/utf8.h"
#include "base/wall_time.h"
#include "cli/render/text_error.h"

namespace dunlin::cli {
namespace {

struct Line {
  std::string version;
  std::string name;
  std::string state;
  std::string applied;
  std::string took;
  std::string note;
};

// A column is as wide as its widest cell, or `least`, and is followed by a gap.
struct Widths {
  std::size_t version = 0;
  std::size_t name = 16;
  std::size_t state = 7;
  std::size_t applied = 16;
  std::size_t took = 4;
};

std::string half_done(const HalfDone& half) {
  return fmt::format("half {}: {} took effect{}", half.direction == Direction::up ? "done" : "undone",
                     counted(half.statements, "statement"), half.in_doubt ? ", one more was begun" : "");
}

std::string note_of(const Catalog& catalog, const StatusRow& row) {
  if (row.needs_settling()) return fmt::format("half done: dunlin resolve {}", printable(row.version.text));
  if (row.changed_only_in_whitespace) return "the file differs in line endings, BOM or final newline only";
  if (row.changed) return "the file differs from what was applied";
  switch (row.state) {
    case MigrationState::missing:
      return row.applied && !row.applied->description.empty()
                 ? fmt::format("no file; the history calls it \"{}\"", printable(row.applied->description))
                 : "no file";
    case MigrationState::ahead: return "applied by a newer version";
    case MigrationState::failed: return fmt::format("not finished: dunlin resolve {}", printable(row.version.text));
    case MigrationState::held: return "belongs to a later phase";
    case MigrationState::pending:
      if (row.half_done) return half_done(*row.half_done);
      return row.out_of_order ? "older than the newest applied one" : "";
    case MigrationState::applied:
      if (row.half_done) return half_done(*row.half_done);
      break;
  }
  (void)catalog;
  return {};
}

Line line_of(const Catalog& catalog, const StatusRow& row) {
  Line line;
  line.version = row.kind == MigrationKind::repeatable ? "R" : printable(row.version.text);
  line.name = row.migration ? printable(catalog.migrations.at(*row.migration).name) : "-";
  line.state = shown_state(row);
  if (row.applied && row.applied->applied_at) line.applied = format_minute(*row.applied->applied_at);
  if (row.applied && row.applied->execution_time) line.took = format_duration(*row.applied->execution_time);
  line.note = note_of(catalog, row);
  return line;
}

std::string painted_state(const std::string& state, std::size_t width, const Paint& paint) {
  const std::string padded = pad_right(state, width);
  if (state == "failed" || state == "missing" || state == "changed") return paint.bad(padded);
  if (state == "pending" || state == "out-of-order" || state == "held") return paint.caution(padded);
  return padded;
}

std::string row_text(const Line& line, const Widths& widths, const std::string& state) {
  std::string text = "  " + pad_right(line.version, widths.version + 2) + pad_right(line.name, widths.name + 3) +
                     state + pad_right(line.applied, widths.applied + 4) +
                     (line.note.empty() ? line.took : pad_right(line.took, widths.took + 3) + line.note);
  text.erase(text.find_last_not_of(' ') + 1);
  return text + '\n';
}

// Each migration is counted once, by the word it is shown with.
std::string summary(const Status& status) {
  std::vector<std::pair<std::string, std::size_t>> counts;
  for (const char* word : {"applied", "changed", "failed", "missing", "pending", "out-of-order", "held", "ahead"}) {
    counts.emplace_back(word, 0);
  }
  for (const StatusRow& row : status.rows) {
    std::ranges::find(counts, shown_state(row), &std::pair<std::string, std::size_t>::first)->second++;
  }
  std::string text;
  for (const auto& [word, count] : counts) {
    if (count == 0) continue;
    if (!text.empty()) text += " · ";
    text += fmt::format("{} {}", count, word);
  }
  return text;
}

}  // namespace

std::string shown_state(const StatusRow& row) {
  if (row.state == MigrationState::applied && row.changed) return "changed";
  if (row.state == MigrationState::pending && row.out_of_order) return "out-of-order";
  return to_string(row.state);
}

std::string shown_name(const Catalog& catalog, const StatusRow& row) {
  if (row.migration) return catalog.migrations.at(*row.migration).name;
  return row.applied ? row.applied->description : std::string();
}

std::string render_info(const Subject& subject, const std::string& history_table, const Catalog& catalog,
                        const Status& status, const Paint& paint) {
  std::string text = status_title(subject, history_table) + "\n\n";
  if (status.rows.empty()) {
    text += fmt::format("No migrations: {} holds none, and none is applied.\n", printable(subject.directory));
    return text + render_next("dunlin new NAME", paint);
  }
  const Line head{"VERSION", "NAME", "STATE", "APPLIED", "TOOK", ""};
  std::vector<Line> lines;
  Widths widths;
  widths.version = head.version.size();
  for (const StatusRow& row : status.rows) {
    const Line& line = lines.emplace_back(line_of(catalog, row));
    widths.version = std::max(widths.version, display_width(line.version));
    widths.name = std::max(widths.name, display_width(line.name));
    widths.state = std::max(widths.state, line.state.size());
    widths.took = std::max(widths.took, line.took.size());
  }
  text += paint.faint(row_text(head, widths, pad_right(head.state, widths.state + 3)));
  for (const Line& line : lines) text += row_text(line, widths, painted_state(line.state, widths.state + 3, paint));
  text += '\n' + summary(status) + '\n';
  return text + render_next(next_after_status(status), paint);
}

std::string render_migrate_info(const Catalog& catalog, const Status& status) {
  std::string text;
  for (const StatusRow& row : status.rows) {
    const std::string state = shown_state(row);
    const std::string version = row.kind == MigrationKind::repeatable ? "R" : one_line(row.version.text);
    text += fmt::format("{}/{}: {}{}\n", version, state == "applied" ? "installed" : state,
                        one_line(shown_name(catalog, row)), row.state == MigrationState::pending ? " (NEW)" : "");
  }
  return text;
}

std::string next_after_status(const Status& status) {
  if (status.count(MigrationState::failed) > 0 || status.to_settle() > 0) return "dunlin resolve";
  if (status.changed() > 0 || status.count(MigrationState::missing) > 0) return "dunlin validate";
  if (status.count(MigrationState::pending) > 0) return "dunlin migrate";
  return {};
}

}  // namespace dunlin::cli
