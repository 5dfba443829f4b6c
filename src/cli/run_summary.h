// What a run leaves for whoever watches its container: one JSON document, made to be a termination message. Its keys
// are those of docs/reference/json.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret_set.h"
#include "dunlin/error.h"
#include "dunlin/report.h"
#include "dunlin/status.h"

namespace dunlin::cli {

// In bytes. A pod's termination messages have 12 KiB together, and one has 4: several containers may leave one each.
inline constexpr std::size_t kLargestSummary = 2'000;

struct RunSummary {
  bool dry_run = false;
  // Files and history after the run; empty where the database could not be asked.
  std::optional<Status> status;
  // Empty when nothing went wrong.
  std::string error;

  // Takes the report's status.
  void take(Report&);
};

// In one paragraph: the message with SQLSTATE, place and hint. The server's DETAIL and HINT, which may hold rows, stay
// out. Secrets are not masked yet.
std::string error_paragraph(const Error&);

// The document, with a final newline, no larger than kLargestSummary: of the lists what is nearest to `current` stays,
// of the error the beginning. Every secret is masked.
std::string summary_document(const RunSummary&, int exit_code, const SecretSet&);

// Writes it at once and in place: a termination message is a mount point, which nothing can be renamed over. Throws
// Failure (io).
void write_summary(const std::string& path, std::string_view document);

}  // namespace dunlin::cli
