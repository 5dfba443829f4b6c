// The .env file of the working directory.
//
// Syntax, as the dotenv libraries of several languages agree on it: NAME=value lines, an optional "export " before the
// name, # comments, 'single quotes' taken literally, "double quotes" with \n \t \" \\ \$, and ${NAME} or $NAME replaced
// outside single quotes, from the process environment first and then from the lines above.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dunlin/diagnostic.h"

namespace dunlin::cli {

struct EnvFile {
  struct Entry {
    std::string value;
    int line = 0;
  };
  std::string path;  // as shown: ".env"; empty when there is no file
  std::map<std::string, Entry, std::less<>> entries;
  // Lines that could not be read; they are left out.
  std::vector<Diagnostic> diagnostics;
};

EnvFile parse_env_file(std::string_view text, std::string shown_as,
                       const std::map<std::string, std::string, std::less<>>& environment);
// An absent file gives an empty result. Throws Failure (io) for one that cannot be read.
EnvFile read_env_file(const std::string& path, const std::map<std::string, std::string, std::less<>>& environment);

}  // namespace dunlin::cli
