#include "kubernetes/program/program.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/exit_code.h"
#include "base/printable.h"
#include "base/redact.h"
#include "dunlin/error.h"
#include "dunlin/version.h"
#include "kubernetes/operator/operator_run.h"
#include "kubernetes/program/config_map_files.h"
#include "kubernetes/program/file_copy.h"
#include "kubernetes/program/manager_flags.h"
#include "kubernetes/program/manifests.h"
#include "kubernetes/waiter/waiter.h"

namespace dunlin::program {
namespace {

using Words = std::span<const std::string>;

std::string variable(std::string_view name) {
  const char* const value = std::getenv(std::string(name).c_str());  // NOLINT(concurrency-mt-unsafe): nobody sets any
  return value == nullptr ? "" : value;
}

int print_help() {
  manager::OperatorOptions options;
  fmt::print(
      "dunlin-operator {}: database migrations before the pods that need them\n"
      "\n"
      "  dunlin-operator [manager] [flags]                  run the operator\n"
      "  dunlin-operator waiter IMAGE NAMESPACE NAME HOST   wait in a pod until its migrations are done\n"
      "  dunlin-operator manifests [--image IMAGE] [--admin-image IMAGE]\n"
      "                                                     print what installs it: ... | kubectl apply -f -\n"
      "  dunlin-operator version\n"
      "\n"
      "In the pods of spec.database Jobs:\n"
      "  dunlin-operator install FILE                       put this program into a volume\n"
      "  dunlin-operator copy FROM TO                       copy a directory of the image into a volume\n"
      "  dunlin-operator collect --identity IDENTITY FROM... TO\n"
      "                                                     copy the files of mounted ConfigMaps into a volume,\n"
      "                                                     if they are the ones that the Job is for\n"
      "\n"
      "Flags of manager:\n"
      "{}"
      "\n"
      "Options of waiter: --identity, --token, --timeout\n",
      version(), describe(manager_flags(options)));
  return 0;
}

int print_version() {
  fmt::print("dunlin-operator {} ({})\n", version(), commit());
  return 0;
}

int wait(Words words, const Interrupt& interrupt) {
  const auto say = [](std::string_view line) { fmt::print(stderr, "{}\n", line); };
  const bool ready = waiter::wait_until_ready(waiter::parse_waiter_words(words), Clock::real(), interrupt, say);
  return ready ? 0 : exit_code(ErrorKind::interrupted, interrupt.signal());
}

void require_words(std::string_view part, Words words, std::size_t least, std::size_t most, std::string_view wanted) {
  if (words.size() >= least && words.size() <= most && std::ranges::count(words, "") == 0) return;
  throw Failure(ErrorKind::usage, fmt::format("{} wants {}", part, wanted), "dunlin-operator help");
}

int install(Words words) {
  require_words("install", words, 1, 1, "FILE");
  install_program(words.front());
  fmt::print("Installed dunlin-operator {} as {}\n", version(), words.front());
  return 0;
}

int copy(Words words) {
  require_words("copy", words, 2, 2, "FROM and TO");
  const std::size_t files = copy_directory(words.front(), words.back());
  fmt::print("Copied {} from {}\n", counted(files, "file"), words.front());
  return 0;
}

int collect(Words words) {
  constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();
  require_words("collect", words, 4, kAnyNumber, "--identity IDENTITY, one FROM or more, and TO");
  if (words.front() != "--identity")
    throw Failure(ErrorKind::usage, "collect wants --identity first", "dunlin-operator help");
  const Words mounts = words.subspan(2, words.size() - 3);
  const std::size_t files = collect_files(words[1], mounts, words.back());
  fmt::print("Collected {} from {}\n", counted(files, "file"), counted(mounts.size(), "ConfigMap"));
  return 0;
}

int run_part(Words words, Interrupt& interrupt) {
  std::string_view name(words.front());
  name.remove_prefix(name.rfind('/') + 1);
  words = words.subspan(1);
  if (name == "waiter") return wait(words, interrupt);
  if (words.empty() || (words.front().starts_with("-") && words.front() != "--help" && words.front() != "-h" &&
                        words.front() != "--version"))
    return manager::run_operator(read_manager_options(words, variable), interrupt);
  const std::string& part = words.front();
  words = words.subspan(1);
  if (part == "manager") return manager::run_operator(read_manager_options(words, variable), interrupt);
  if (part == "waiter") return wait(words, interrupt);
  if (part == "manifests") {
    fmt::print("{}", installation(read_manifest_images(words)));
    return 0;
  }
  if (part == "install") return install(words);
  if (part == "copy") return copy(words);
  if (part == "collect") return collect(words);
  if (part == "help" || part == "--help" || part == "-h") return print_help();
  if (part == "version" || part == "--version") return print_version();
  throw Failure(ErrorKind::usage, fmt::format("dunlin-operator knows no \"{}\"", part), "dunlin-operator help");
}

void report(const Error& error) {
  fmt::print(stderr, "dunlin-operator: error: {}\n", one_line(redact(error.message)));
  if (!error.hint.empty()) fmt::print(stderr, "  next: {}\n", redact(error.hint));
}

}  // namespace

int run_program(Words words, Interrupt& interrupt) {
  try {
    return run_part(words, interrupt);
  } catch (const Failure& failure) {
    report(failure.error());
    return exit_code(failure.error().kind, interrupt.signal());
  } catch (const std::exception& problem) {
    report({.kind = ErrorKind::internal,
            .message = fmt::format("a defect in dunlin-operator: {}", problem.what()),
            .hint = fmt::format("report it with this version: {} ({})", version(), commit())});
    return exit_code(ErrorKind::internal);
  }
}

}  // namespace dunlin::program
