// What the next run would make of a migration that was cut off midway.
#pragma once

#include <map>
#include <string>

#include "core/journal.h"
#include "core/project.h"

namespace dunlin {

struct Resumption {
  // The next run goes on with it by itself: it can tell what took effect, or do it again. Also while a run is at work
  // on it. Otherwise it would refuse.
  bool goes_on = false;
  // The first statement that was begun and whose end is not recorded; empty where the file does not have it any more.
  std::string in_doubt;
};

// Runs nothing, and waits for nobody.
Resumption foresee(const Project&, Session&, const JournalKey&, const std::map<std::size_t, JournalEntry>&);

}  // namespace dunlin
