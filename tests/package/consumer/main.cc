// A program of a user of libdunlin, built against an installed one. Usage: consumer URL embedded|callbacks, or
// consumer KEY secret
#include <cstdio>
#include <string>

#include "dunlin/migrator.h"
#include "dunlin/secrets.h"
#include "dunlin/version.h"
#include "dunlin_migrations_consumer.h"

namespace {

dunlin::Migration in_code(const std::string& version, const std::string& name, dunlin::MigrationCallback up,
                          dunlin::MigrationCallback down) {
  dunlin::Migration migration;
  migration.version.text = version;
  migration.name = name;
  migration.up_callback = std::move(up);
  migration.down_callback = std::move(down);
  return migration;
}

// The second counts what the first wrote: code sees the database inside its own transaction.
std::vector<dunlin::Migration> callbacks() {
  return {in_code(
              "1", "words",
              [](dunlin::MigrationContext& context) {
                context.execute("CREATE TABLE words (word TEXT)");
                for (const char* word : {"one", "two", "three"})
                  context.execute("INSERT INTO words VALUES ('" + std::string(word) + "')");
              },
              [](dunlin::MigrationContext& context) { context.execute("DROP TABLE words"); }),
          in_code(
              "2", "count",
              [](dunlin::MigrationContext& context) {
                const std::string count = *context.query("SELECT count(*) FROM words").at(0).at(0);
                context.execute("CREATE TABLE count_of_words AS SELECT " + count + " AS n");
              },
              [](dunlin::MigrationContext& context) { context.execute("DROP TABLE count_of_words"); })};
}

void secret(const char* key) {
  const dunlin::Keyring ring(key);
  const std::string payload = dunlin::Envelope::seal("from a program", ring).payload();
  const dunlin::SecretBytes plaintext = dunlin::Envelope::parse(payload).open(ring);
  std::printf("%s\n%.*s\n", payload.c_str(), static_cast<int>(plaintext.size()), plaintext.data());
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) return 2;
  if (std::string(argv[2]) == "secret") return secret(argv[1]), 0;
  dunlin::MigratorOptions options{.url = argv[1]};
  if (std::string(argv[2]) == "embedded") {
    options.embedded = dunlin_migrations_consumer();
  } else {
    options.migrations = callbacks();
  }
  dunlin::Migrator migrator = dunlin::Migrator::open(std::move(options));
  std::printf("version %s\nplanned %zu\n", dunlin::version(), migrator.plan().steps.size());
  const dunlin::Report up = migrator.up();
  std::printf("up %s %zu\n", dunlin::to_string(up.outcome), up.applied.size());
  std::printf("again %s\n", dunlin::to_string(migrator.up().outcome));
  for (const dunlin::StatusRow& row : migrator.list())
    std::printf("%s %s\n", row.version.text.c_str(), dunlin::to_string(row.state));
  std::printf("newest %s\n", migrator.list(1).at(0).version.text.c_str());
  std::printf("findings %zu\n", migrator.validate().size());
  const dunlin::Health health = migrator.health();
  std::printf("health %s pending %zu last %s\n", health.reachable ? "reachable" : health.error.c_str(), health.pending,
              health.last_migration ? health.last_migration->version.text.c_str() : "none");
  const dunlin::Report down = migrator.down();
  std::printf("down %s %zu\n", dunlin::to_string(down.outcome), down.applied.size());
  return 0;
} catch (const dunlin::Failure& failure) {
  std::printf("failure %s: %s\n", dunlin::to_string(failure.error().kind), failure.what());
  return 1;
}
