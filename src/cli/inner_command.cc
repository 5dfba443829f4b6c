#include "cli/inner_command.h"

#include "base/exit_code.h"
#include "cli/arguments.h"
#include "cli/reference.h"
#include "cli/settings_table.h"

namespace dunlin::cli {

int run_inner_command(const Invocation& outer, const std::vector<std::string>& words, Interrupt& interrupt,
                      bool reads_only) {
  CommandLine line;
  line.parse(words);
  if (line.wants_help()) {
    outer.console.out(help_text(line, *line.row()));
    return static_cast<int>(ExitCode::done);
  }
  // The first one offered of a rank is kept, so the words come before what the console was started with.
  Settings settings;
  line.offer_flags(settings);
  for (const SettingRow& row : setting_rows()) {
    const Setting& given = outer.settings.at(row.key);
    if (given.source.kind != SourceKind::fallback) settings.offer(row.key, given.value, given.source);
  }
  // The console's own run is not over.
  RunSummary unread;
  Invocation inner{settings,  outer.environment, outer.keys, outer.console, outer.log,
                   interrupt, outer.clock,       unread,     reads_only};
  return line.command()->run(inner);
}

}  // namespace dunlin::cli
