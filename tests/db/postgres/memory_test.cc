// What is on its way is bounded, so memory is too.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>

#include "fixture.h"

namespace dunlin::testing {
namespace {

// Kilobytes. The thread sanitizer keeps a record beside every byte in use.
#ifdef __SANITIZE_THREAD__
constexpr long kBound = 64 * 1024;
#else
constexpr long kBound = 16 * 1024;
#endif

// Kilobytes, since the last call of forget_peak().
long peak() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    long kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes;
  }
  return 0;
}

void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

TEST_F(Protocol, Rule1_4_MillionsOfStatementsAndRowsCostNoMemory) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("dunlin-{}.sql", ::getpid());
  {
    std::ofstream file(path);
    for (int i = 0; i < 300'000; ++i) file << "INSERT INTO many VALUES (" << i << ");\n";
    file << "SELECT * FROM many CROSS JOIN generate_series(1, 5);\n";
  }
  const auto session = open();
  Steps steps;
  steps.add("CREATE UNLOGGED TABLE many (x int)");
  steps.add("").migration.up = Script::from_file(path, "many.sql");
  forget_peak();
  const long before = peak();
  Observer nobody;
  const ApplyResult result = apply(*session, steps, nobody);
  const long grown = peak() - before;
  std::filesystem::remove(path);
  ASSERT_EQ(result.committed, 2U) << (result.error ? result.error->message : "");
  EXPECT_EQ(value("SELECT count(*) FROM many"), "300000");
  EXPECT_LT(grown, kBound) << "kilobytes";
}

TEST_F(Protocol, Rule1_4_LargeStatementsArePassedOneByOne) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("dunlin-large-{}.sql", ::getpid());
  {
    std::ofstream file(path);
    const std::string megabyte(1024 * 1024, 'x');
    for (int i = 0; i < 40; ++i) file << "INSERT INTO large VALUES (length('" << megabyte << "'));\n";
  }
  const auto session = open();
  Steps steps;
  steps.add("CREATE TABLE large (x int)");
  steps.add("").migration.up = Script::from_file(path, "large.sql");
  forget_peak();
  const long before = peak();
  Observer nobody;
  const ApplyResult result = apply(*session, steps, nobody);
  const long grown = peak() - before;
  std::filesystem::remove(path);
  ASSERT_EQ(result.committed, 2U) << (result.error ? result.error->message : "");
  EXPECT_LT(grown, kBound) << "kilobytes";
}

}  // namespace
}  // namespace dunlin::testing
