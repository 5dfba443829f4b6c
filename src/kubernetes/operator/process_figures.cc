#include "kubernetes/operator/process_figures.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include "dunlin/version.h"

namespace dunlin::manager {
namespace {

void write_one(Exposition& exposition, std::string_view name, std::string_view type, std::string_view help,
               double value) {
  exposition.family(name, type, help);
  exposition.sample(value);
}

// proc(5): the fields of /proc/self/stat behind the name in brackets; the first of them is the third.
std::vector<std::string> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  std::istringstream rest(line.substr(std::min(line.rfind(')') + 1, line.size())));
  return {std::istream_iterator<std::string>(rest), {}};
}

double boot_time() {
  std::ifstream file("/proc/stat");
  std::string word;
  double value = 0;
  while (file >> word) {
    if (word == "btime" && file >> value) return value;
  }
  return 0;
}

double number(const std::vector<std::string>& fields, std::size_t field) {
  constexpr std::size_t kFirst = 3;
  return field - kFirst < fields.size() ? std::strtod(fields[field - kFirst].c_str(), nullptr) : 0;
}

}  // namespace

void write_process_figures(Exposition& exposition) {
  const auto fields = stat_fields();
  if (fields.empty()) return;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  write_one(exposition, "process_cpu_seconds_total", "counter", "User and system time.",
            (number(fields, 14) + number(fields, 15)) / ticks);
  write_one(exposition, "process_resident_memory_bytes", "gauge", "Memory that is not swapped out.",
            number(fields, 24) * page);
  write_one(exposition, "process_virtual_memory_bytes", "gauge", "Memory that was asked for.", number(fields, 23));
  write_one(exposition, "process_start_time_seconds", "gauge", "When the process was started.",
            boot_time() + number(fields, 22) / ticks);
  std::error_code problem;
  const std::filesystem::directory_iterator open("/proc/self/fd", problem);
  if (!problem) {
    write_one(exposition, "process_open_fds", "gauge", "Open file descriptors.",
              static_cast<double>(std::distance(begin(open), end(open))));
  }
  rlimit most{};
  if (::getrlimit(RLIMIT_NOFILE, &most) == 0)
    write_one(exposition, "process_max_fds", "gauge", "How many may be open.", static_cast<double>(most.rlim_cur));
}

void write_build_info(Exposition& exposition) {
  exposition.family("dunlin_operator_build_info", "gauge", "Which dunlin-operator this is.");
  exposition.sample(1, {{"version", version()}, {"commit", commit()}});
}

}  // namespace dunlin::manager
