#include "cli/render/text_doctor.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/printable.h"

namespace dunlin::cli {
namespace {

using doctor::Finding;
using doctor::Level;

constexpr std::size_t kLevelColumns = 9;

std::string coloured(Level level, const std::string& text, const Paint& paint) {
  switch (level) {
    case Level::ok: return paint.good(text);
    case Level::note: return text;
    case Level::warning: return paint.caution(text);
    case Level::error: return paint.bad(text);
  }
  return text;
}

std::size_t count(const doctor::Findings& findings, Level level) {
  return static_cast<std::size_t>(std::ranges::count(findings, level, &Finding::level));
}

// "1 error, 2 notes; 9 checks are well"
std::string summary(const doctor::Findings& findings) {
  std::string text;
  for (const Level level : {Level::error, Level::warning, Level::note}) {
    const std::size_t found = count(findings, level);
    if (found > 0) text += (text.empty() ? "" : ", ") + counted(found, doctor::to_string(level));
  }
  const std::size_t well = count(findings, Level::ok);
  if (text.empty()) return fmt::format("All is well: {}.\n", counted(well, "check"));
  return fmt::format("{}; {} {} well.\n", text, counted(well, "check"), well == 1 ? "is" : "are");
}

}  // namespace

std::string render_diagnosis(const doctor::Findings& findings, bool quiet, const Paint& paint) {
  std::size_t columns = 0;
  for (const Finding& finding : findings) columns = std::max(columns, finding.check.size());
  std::string text;
  std::optional<doctor::Section> section;
  for (const Finding& finding : findings) {
    if (quiet && finding.level == Level::ok) continue;
    if (section != finding.section) {
      text += (section ? "\n" : "") + paint.bold(doctor::to_string(finding.section)) + '\n';
      section = finding.section;
    }
    const std::string level = doctor::to_string(finding.level);
    text += fmt::format("  {}{}{}  {}\n", coloured(finding.level, level, paint),
                        std::string(kLevelColumns - level.size(), ' '), pad_right(finding.check, columns),
                        printable(finding.message));
    for (const std::string& line : finding.fix) {
      text += std::string(2 + kLevelColumns + columns + 4, ' ') + paint.faint(printable(line)) + '\n';
    }
  }
  if (quiet) return text;
  return text + '\n' + summary(findings);
}

Json diagnosis_json(const doctor::Diagnosis& diagnosis, int exit_code) {
  Json json{{"well", exit_code == 0}, {"exit_code", exit_code}};
  json["database"] = diagnosis.server ? Json(diagnosis.server->database) : Json(nullptr);
  json["location"] = diagnosis.server ? Json(diagnosis.server->location) : Json(nullptr);
  json["server"] = diagnosis.server ? Json(diagnosis.server->product) : Json(nullptr);
  json["findings"] = Json::array();
  for (const Finding& finding : diagnosis.findings) {
    json["findings"].push_back({{"section", doctor::to_string(finding.section)},
                                {"check", finding.check},
                                {"level", doctor::to_string(finding.level)},
                                {"message", finding.message},
                                {"fix", finding.fix}});
  }
  Json summary;
  for (const Level level : {Level::error, Level::warning, Level::note, Level::ok}) {
    summary[doctor::to_string(level)] = count(diagnosis.findings, level);
  }
  json["summary"] = std::move(summary);
  return json;
}

}  // namespace dunlin::cli
