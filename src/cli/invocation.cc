#include "cli/invocation.h"

#include <fmt/format.h>

#include "cli/render/text_error.h"

namespace dunlin::cli {

void Invocation::warn(const Diagnostic& finding) const {
  const std::string where = place(finding.where);
  const LogLevel level = finding.severity == Severity::error     ? LogLevel::error
                         : finding.severity == Severity::warning ? LogLevel::warning
                                                                 : LogLevel::info;
  std::string message = fmt::format("{}{}{}", where, where.empty() ? "" : ": ", finding.message);
  if (!finding.hint.empty()) message += fmt::format(" ({})", finding.hint);
  log.write(level, "diagnostic", message, {{"code", finding.code}, {"place", where}});
  if (!log.on_stderr() && (finding.severity != Severity::note || settings.on("verbose"))) {
    console.err(render_diagnostic(finding, console.error_paint()));
  }
}

}  // namespace dunlin::cli
