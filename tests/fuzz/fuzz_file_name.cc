// Names of files in a migrations directory. Whatever they are: reading the directory ends, each migration's version is
// one that the history understands, and migrations come in order.
#include <cstdint>
#include <string>
#include <vector>

#include "formats/format.h"
#include "fuzz/require.h"
#include "history/registry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dunlin;
  std::vector<std::string> names(1);
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] == '\n' || data[i] == '\0' || data[i] == '/') {
      names.emplace_back();
    } else {
      names.back() += static_cast<char>(data[i]);
    }
  }
  std::vector<EmbeddedMigration> files;
  for (const std::string& name : names) {
    if (!name.empty()) files.push_back({name, "SELECT 1;"});
  }
  const HistoryScheme& scheme = history::by_name("sqlx");
  const Catalog catalog = formats::by_name("sqlx").read(formats::list_embedded(files), scheme);
  require(catalog.migrations.size() <= files.size(), "no migration without a file");
  for (std::size_t i = 0; i < catalog.migrations.size(); ++i) {
    const Migration& migration = catalog.migrations[i];
    const auto version = scheme.parse_version(migration.version.text);
    require(version.has_value() && *version == migration.version, "the history understands the version");
    require(i == 0 || catalog.migrations[i - 1].version <= migration.version, "migrations are in order");
  }
  return 0;
}
