// From what the server says about the place of an error to a line and column of the file.
#pragma once

#include <string>

#include "drivers/postgres/errors.h"

namespace dunlin::postgres {

struct ServerPosition {
  int position = 0;     // code points from 1 into the statement as it was sent; 0: not said
  std::string context;  // PL/pgSQL's call stack, for the line of a DO body
  std::string message;  // for the name it quotes, where there is no position
};

struct FoundPlace {
  SourcePosition where;
  std::string line_text;
};

FoundPlace find_place(const StatementPlace&, const ServerPosition&);

}  // namespace dunlin::postgres
