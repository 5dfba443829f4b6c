// Flags as Go's package `flag` reads them, because migrations-operator's are.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dunlin::program {

struct GoFlag {
  std::string_view name;
  // An environment variable that is asked where the flag is not given; empty: none.
  std::string_view variable;
  // "HOST:PORT"; empty for a switch, which may stand alone, or with =true and =false.
  std::string_view value;
  std::string_view help;
  // Throws Failure (usage) for what it does not understand.
  std::function<void(const std::string&)> set;
};

using FindVariable = std::function<std::string(std::string_view)>;

// -x, --x, -x=v, -x v. The variables are read first. Throws Failure (usage), which names the flag or the variable.
void read_go_flags(std::span<const std::string> words, const std::vector<GoFlag>& flags, const FindVariable& variable);

// A line or two for each.
std::string describe(const std::vector<GoFlag>& flags);

}  // namespace dunlin::program
