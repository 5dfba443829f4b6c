#include "cli/render/rotation_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/duration.h"
#include "base/printable.h"
#include "base/utf8.h"
#include "cli/render/count_bar.h"

namespace dunlin::cli {

using secrets::ColumnReport;
using secrets::Rotation;

namespace {

// The document has all that are listed.
constexpr std::size_t kShown = 20;

bool changing(Rotation rotation) {
  return rotation == Rotation::reencrypt || rotation == Rotation::rewrap;
}

std::size_t moved(const RotationOutcome& outcome, const ColumnReport& column) {
  return changing(outcome.rotation) ? column.changed : column.old;
}

std::string column_line(const RotationOutcome& outcome, const ColumnReport& column, std::size_t width,
                        const Paint& paint) {
  std::string line = fmt::format("  {} {:>12} {}", pad_right(printable(column.column.shown()), width),
                                 with_commas(column.records), column.records == 1 ? "record " : "records");
  const std::size_t count = moved(outcome, column);
  switch (outcome.rotation) {
    case Rotation::reencrypt: line += fmt::format("   {} re-encrypted", with_commas(count)); break;
    case Rotation::rewrap: line += fmt::format("   {} rewrapped", with_commas(count)); break;
    case Rotation::rehearse: line += fmt::format("   {} to re-encrypt", with_commas(count)); break;
    case Rotation::verify:
      for (const auto& [key, values] : column.keys) {
        line += fmt::format("   {} under {}", with_commas(values), key.empty() ? "other keys" : printable(key));
      }
      break;
  }
  if (column.undecryptable > 0) {
    line += "   " + paint.bad(fmt::format("{} undecryptable", with_commas(column.undecryptable)));
  }
  if (column.left > 0 && changing(outcome.rotation)) {
    line += "   " + paint.bad(fmt::format("{} left", with_commas(column.left)));
  }
  return line + '\n';
}

std::string closing_line(const RotationOutcome& outcome) {
  const std::size_t records = outcome.report.total(&ColumnReport::records);
  switch (outcome.rotation) {
    case Rotation::rehearse:
      return fmt::format("DRY RUN: Would re-encrypt {} of {} records\n", outcome.report.total(&ColumnReport::old),
                         records);
    case Rotation::verify:
      return fmt::format("Decrypted {} of {} records\n",
                         outcome.report.total(&ColumnReport::read) - outcome.report.total(&ColumnReport::undecryptable),
                         records);
    default:
      return fmt::format("Re-encrypted {} of {} records\n", outcome.report.total(&ColumnReport::changed), records);
  }
}

// What the run has found out about being done, for runs that change something.
std::string proof(const RotationOutcome& outcome, const Paint& paint) {
  const secrets::RotationReport& report = outcome.report;
  if (report.interrupted) {
    return paint.caution("Interrupted.") + " What is done stays done; the same command goes on from there.\n";
  }
  if (report.columns.empty()) {
    return paint.bad("Not finished:") + " no column is covered, so nothing was looked at: keep the older keys.\n";
  }
  if (!report.proven) {
    const std::size_t left = report.total(&ColumnReport::left);
    if (left == 0) {
      return paint.bad("Not finished:") +
             fmt::format(" values under an older key keep coming: give {} to the application, then run this again.\n",
                         printable(outcome.key_id));
    }
    return paint.bad("Not finished:") +
           fmt::format(
               " {} still under an older key. Somebody holds such a row, or still writes with that key: give "
               "{} to the application, then run this again.\n",
               left == 1 ? "1 value is" : with_commas(left) + " values are", printable(outcome.key_id));
  }
  if (!outcome.complete()) {
    return paint.bad("Not finished:") +
           " keep the older keys. Values that cannot be decrypted, or columns that are not covered, are left as they "
           "were.\n";
  }
  return paint.good("Proven:") + fmt::format(" a last look at every value of {} found none that is not under {}.\n",
                                             counted(report.columns.size(), "column"), printable(outcome.key_id));
}

std::string_view outcome_word(const RotationOutcome& outcome) {
  if (outcome.report.interrupted) return "interrupted";
  return outcome.complete() ? "complete" : "incomplete";
}

std::string_view rotation_word(Rotation rotation) {
  switch (rotation) {
    case Rotation::reencrypt: return "reencrypt";
    case Rotation::rewrap: return "rewrap";
    case Rotation::rehearse: return "dry_run";
    case Rotation::verify: return "verify";
  }
  return "";
}

}  // namespace

bool RotationOutcome::complete() const {
  if (!report.clean() || report.columns.empty()) return false;
  if (std::ranges::any_of(left_out, &secrets::LeftOut::matters)) return false;
  return report.proven || !changing(rotation);
}

std::string render_rotation(const RotationOutcome& outcome, const Paint& paint) {
  std::size_t width = 0;
  for (const ColumnReport& column : outcome.report.columns) {
    width = std::max(width, display_width(printable(column.column.shown())));
  }
  std::string text;
  for (const ColumnReport& column : outcome.report.columns) text += column_line(outcome, column, width, paint);
  for (const secrets::LeftOut& column : outcome.left_out) {
    const std::string line = fmt::format("not covered: {}: {}\n", column.column, column.reason);
    text += "  " + (column.matters ? paint.caution(printable(line)) : printable(line));
    if (column.matters) {
      text += fmt::format("    {}, or leave it alone: encrypted_columns = [\"-{}\"] in dunlin.toml\n",
                          printable(column.fix), printable(column.column));
    }
  }
  const auto& listed = outcome.report.undecryptable;
  for (std::size_t i = 0; i < std::min(listed.size(), kShown); ++i) {
    text += fmt::format("  undecryptable: {} {}: {}\n", printable(listed[i].column), one_line(listed[i].key),
                        one_line(listed[i].reason));
  }
  if (listed.size() > kShown) {
    text += fmt::format("  and {} more, listed by --json\n",
                        with_commas(outcome.report.total(&ColumnReport::undecryptable) - kShown));
  }
  text += '\n';
  if (changing(outcome.rotation)) text += proof(outcome, paint);
  if (!changing(outcome.rotation) && outcome.report.interrupted) text += paint.caution("Interrupted.") + '\n';
  return text + closing_line(outcome);
}

Json rotation_json(const RotationOutcome& outcome, std::string_view database) {
  const secrets::RotationReport& report = outcome.report;
  Json columns = Json::array();
  for (const ColumnReport& column : report.columns) {
    Json keys = Json::object();
    for (const auto& [key, count] : column.keys) keys[key.empty() ? "other" : key] = count;
    columns.push_back({{"column", column.column.shown()},
                       {"type", column.column.type},
                       {"records", column.records},
                       {"old", column.old},
                       {"reencrypted", column.changed},
                       {"undecryptable", column.undecryptable},
                       {"left", changing(outcome.rotation) ? column.left : 0},
                       {"keys", std::move(keys)}});
  }
  Json left_out = Json::array();
  for (const secrets::LeftOut& column : outcome.left_out) {
    left_out.push_back(
        {{"column", column.column}, {"reason", column.reason}, {"fix", column.fix}, {"matters", column.matters}});
  }
  Json undecryptable = Json::array();
  for (const secrets::Undecryptable& value : report.undecryptable) {
    undecryptable.push_back({{"column", value.column}, {"key", value.key}, {"reason", value.reason}});
  }
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(report.duration).count();
  return {{"outcome", outcome_word(outcome)},
          {"mode", rotation_word(outcome.rotation)},
          {"key_id", outcome.key_id},
          {"records", report.total(&ColumnReport::records)},
          {"old", report.total(&ColumnReport::old)},
          {"reencrypted", report.total(&ColumnReport::changed)},
          {"undecryptable", report.total(&ColumnReport::undecryptable)},
          {"left", changing(outcome.rotation) ? report.total(&ColumnReport::left) : 0},
          {"proven", report.proven && outcome.complete()},
          {"passes", report.passes},
          {"columns", std::move(columns)},
          {"not_covered", std::move(left_out)},
          {"undecryptable_values", std::move(undecryptable)},
          {"duration_ms", milliseconds},
          {"database", database}};
}

}  // namespace dunlin::cli
