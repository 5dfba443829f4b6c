// What a command is given to work with.
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "cli/console.h"
#include "cli/environment.h"
#include "cli/key_variables.h"
#include "cli/run_summary.h"
#include "cli/settings.h"
#include "dunlin/interrupt.h"

namespace dunlin::cli {

struct Invocation {
  const Settings& settings;
  const Environment& environment;
  const KeyVariables& keys;
  Console& console;
  Log& log;
  Interrupt& interrupt;
  Clock& clock;
  // For --summary-file. A command that runs migrations, or shows which ones it would run, fills it in.
  RunSummary& summary;
  // A command that writes is refused: it was typed into a console that only reads.
  bool reads_only = false;

  bool json() const { return settings.on("json"); }
  bool quiet() const { return settings.on("quiet"); }

  // A result for people; nothing of it with --json or --quiet.
  void say(std::string_view text) const {
    if (!json() && !quiet()) console.out(text);
  }
  // Goes to the log where standard error is one, else to standard error as it is.
  void warn(const Diagnostic&) const;
};

}  // namespace dunlin::cli
