#include "cli/run_summary.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/printable.h"
#include "base/utf8.h"
#include "cli/render/text_error.h"
#include "dunlin/version.h"

namespace dunlin::cli {
namespace {

using Json = nlohmann::ordered_json;

// As they stand in the document, with their quotes. A version this long is nobody's; an error often is.
constexpr std::size_t kLargestError = 900;
constexpr std::size_t kLargestVersion = 200;

std::string encoded(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// `text`, or its beginning and "…", so that it takes `most` bytes of JSON at most.
std::string cut(const std::string& text, std::size_t most) {
  constexpr std::size_t kLongestEscape = 6;  // \u0001
  std::size_t size = encoded(text).size();
  if (size <= most) return text;
  std::string kept(truncate_bytes(text, most));
  while (true) {
    std::string shown = kept + "…";
    size = encoded(shown).size();
    if (size <= most) return shown;
    const std::size_t excess = (size - most + kLongestEscape - 1) / kLongestEscape;
    kept = truncate_bytes(kept, kept.size() - std::min(excess, kept.size()));
  }
}

// As `dunlin migrate-info` has it: repeatable migrations have no version.
std::string version_of(const StatusRow& row) {
  return row.version.empty() ? "R" : row.version.text;
}

// Of a list that goes from `current` outwards.
struct Versions {
  std::vector<const StatusRow*> nearest_first;
  Json shown = Json::array();
  bool is_full = false;

  // What the document grows by.
  template <typename Show>
  std::size_t add_next(std::size_t room, const Show& show) {
    if (is_full || shown.size() == nearest_first.size()) return 0;
    const std::string version = show(version_of(*nearest_first[shown.size()]), kLargestVersion);
    const std::size_t size = encoded(version).size() + (shown.empty() ? 0 : 1);
    is_full = size > room;
    if (is_full) return 0;
    shown.push_back(version);
    return size;
  }
};

bool is_applied(const StatusRow& row) {
  return row.state == MigrationState::applied || row.state == MigrationState::missing ||
         row.state == MigrationState::ahead;
}

}  // namespace

void RunSummary::take(Report& report) {
  status = std::move(report.status);
  error.clear();
  if (report.failed) {
    error = fmt::format("{} {}: {}", report.failed->version.text, report.failed->name,
                        error_paragraph(report.failed->error));
  } else if (report.error) {
    error = error_paragraph(*report.error);
  }
}

std::string error_paragraph(const Error& error) {
  std::string text = error.message;
  if (!error.sqlstate.empty()) text += fmt::format(" ({})", error.sqlstate);
  if (const std::string where = place(error.where); !where.empty()) text += fmt::format(", {}", where);
  for (const Error* cause = error.cause.get(); cause != nullptr; cause = cause->cause.get())
    text += fmt::format(": {}", cause->message);
  if (!error.hint.empty()) text += fmt::format(". Next: {}", error.hint);
  return text;
}

std::string summary_document(const RunSummary& summary, int exit_code, const SecretSet& secrets) {
  // A secret may go over lines: first the mask, then the cut.
  const auto show = [&](const std::string& text, std::size_t most) { return cut(one_line(secrets.mask(text)), most); };
  Versions applied;
  Versions pending;
  Json json{{"dunlin", version()}, {"outcome", exit_code == 0 ? "succeeded" : "failed"}, {"exit_code", exit_code}};
  if (summary.dry_run) json["dry_run"] = true;
  if (summary.status) {
    for (const StatusRow& row : summary.status->rows) {
      if (is_applied(row)) applied.nearest_first.push_back(&row);
      if (row.state == MigrationState::pending) pending.nearest_first.push_back(&row);
    }
    std::ranges::reverse(applied.nearest_first);
    const Version current = summary.status->at_version();
    json["current"] = current.empty() ? Json(nullptr) : Json(show(current.text, kLargestVersion));
    json["applied"] = Json::array();
    json["applied_total"] = applied.nearest_first.size();
    json["pending"] = Json::array();
    json["pending_total"] = pending.nearest_first.size();
  }
  if (exit_code != 0) json["error"] = show(summary.error, kLargestError);
  if (summary.status) {
    std::size_t room = kLargestSummary - encoded(json).size() - 1;
    for (std::size_t grown = 1; grown > 0; room -= grown) {
      grown = applied.add_next(room, show);
      grown += pending.add_next(room - grown, show);
    }
    json["applied"] = std::move(applied.shown);
    json["pending"] = std::move(pending.shown);
  }
  return encoded(json) + '\n';
}

void write_summary(const std::string& path, std::string_view document) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  const ssize_t written = file.number() < 0 ? -1 : ::write(file.number(), document.data(), document.size());
  if (written == static_cast<ssize_t>(document.size())) return;
  const int why = written < 0 ? errno : ENOSPC;
  throw Failure(ErrorKind::io, fmt::format("cannot write {}: {}", path, std::strerror(why)));
}

}  // namespace dunlin::cli
