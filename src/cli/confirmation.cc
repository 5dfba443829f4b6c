#include "cli/confirmation.h"

#include <fmt/format.h>

#include "dunlin/error.h"

namespace dunlin::cli {
namespace {

[[noreturn]] void declined() {
  throw Failure(ErrorKind::usage, "not confirmed; nothing was done");
}

}  // namespace

void confirm(const Invocation& invocation, std::string_view consequences, std::string_view question) {
  if (invocation.settings.on("yes")) return;
  const std::string answer = invocation.console.ask(fmt::format("{}{} [y/N] ", consequences, question));
  if (answer != "y" && answer != "Y" && answer != "yes" && answer != "Yes") declined();
}

void confirm_by_name(const Invocation& invocation, std::string_view consequences, std::string_view name) {
  if (invocation.settings.on("yes")) return;
  if (invocation.console.ask(fmt::format("{}Type {} to go on: ", consequences, name)) != name) declined();
}

}  // namespace dunlin::cli
