#include "kubernetes/program/go_flags.h"

#include <algorithm>

#include <fmt/format.h>

#include "dunlin/error.h"

namespace dunlin::program {
namespace {

[[noreturn]] void refuse(std::string message) {
  throw Failure(ErrorKind::usage, std::move(message), "dunlin-operator help");
}

// Another message would not say where the value came from.
void set(const GoFlag& flag, std::string_view source, const std::string& value) {
  try {
    flag.set(value);
  } catch (const Failure& failure) {
    refuse(fmt::format("{}: {}", source, failure.what()));
  }
}

const GoFlag& find(const std::vector<GoFlag>& flags, std::string_view name) {
  const auto found = std::ranges::find(flags, name, &GoFlag::name);
  if (found == flags.end()) refuse(fmt::format("there is no flag --{}", name));
  return *found;
}

}  // namespace

void read_go_flags(std::span<const std::string> words, const std::vector<GoFlag>& flags, const FindVariable& variable) {
  for (const GoFlag& flag : flags) {
    if (flag.variable.empty()) continue;
    if (const std::string value = variable(flag.variable); !value.empty()) set(flag, flag.variable, value);
  }
  for (auto word = words.begin(); word != words.end(); ++word) {
    std::string_view text(*word);
    if (!text.starts_with("-")) refuse(fmt::format("\"{}\" is no flag", text));
    text.remove_prefix(text.starts_with("--") ? 2 : 1);
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    const GoFlag& flag = find(flags, name);
    const std::string source = fmt::format("--{}", name);
    if (equals != std::string_view::npos) {
      set(flag, source, std::string(text.substr(equals + 1)));
    } else if (flag.value.empty()) {
      set(flag, source, "true");
    } else if (word + 1 != words.end()) {
      set(flag, source, *++word);
    } else {
      refuse(fmt::format("--{} wants a value: {}", name, flag.value));
    }
  }
}

std::string describe(const std::vector<GoFlag>& flags) {
  std::string text;
  for (const GoFlag& flag : flags) {
    const std::string shown = fmt::format("--{}{}{}", flag.name, flag.value.empty() ? "" : " ", flag.value);
    text += fmt::format("  {:<38} {}", shown, flag.help);
    if (!flag.variable.empty()) text += fmt::format(" (${})", flag.variable);
    text += '\n';
  }
  return text;
}

}  // namespace dunlin::program
