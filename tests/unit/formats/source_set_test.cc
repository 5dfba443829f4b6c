#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dunlin/error.h"
#include "formats/format.h"
#include "temporary_directory.h"

namespace dunlin::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Error failure_of(const std::string& directory) {
  try {
    list_directory(directory);
  } catch (const Failure& failure) {
    return failure.error();
  }
  return {};
}

std::vector<std::string> names_of(const SourceSet& set) {
  std::vector<std::string> names;
  for (const SourceSet::File& file : set.files) names.push_back(file.name);
  return names;
}

TEST(SourceSet, AnAbsentDirectorySaysHowToMakeOne) {
  const Error error = failure_of("./no-such-migrations");
  EXPECT_EQ(error.kind, ErrorKind::config);
  EXPECT_EQ(error.message, "there is no directory ./no-such-migrations");
  EXPECT_THAT(error.hint, HasSubstr("dunlin new"));
  EXPECT_THAT(error.hint, HasSubstr("--dir"));
}

TEST(SourceSet, AFileIsNoDirectory) {
  TemporaryDirectory directory;
  directory.write("file");
  EXPECT_THAT(failure_of((directory.path() / "file").string()).message, HasSubstr("is not a directory"));
}

TEST(SourceSet, ListsFilesInNameOrderAndWhatIsNoFileApart) {
  TemporaryDirectory directory;
  for (const char* name : {"b.sql", "a.sql", ".hidden", "sub/x.sql", ".git/config"}) directory.write(name);
  const SourceSet set = list_directory(directory.string());
  EXPECT_THAT(names_of(set), ElementsAre(".hidden", "a.sql", "b.sql"));
  EXPECT_THAT(set.not_files, ElementsAre("sub"));
}

TEST(SourceSet, FilesAreShownAsTheUserWroteTheDirectory) {
  TemporaryDirectory directory;
  directory.write("migrations/1_x.sql", "SELECT 1;");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  std::vector<SourceSet> sets;
  for (const char* spelled : {"./migrations", "migrations/", ".//migrations", "./././migrations"})
    sets.push_back(list_directory(spelled));
  std::filesystem::current_path(directory.path() / "migrations");
  sets.push_back(list_directory("."));
  std::filesystem::current_path(before);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(sets[i].files.at(0).script.shown_as(), "migrations/1_x.sql");
  EXPECT_EQ(sets[4].files.at(0).script.shown_as(), "1_x.sql");
  EXPECT_EQ(sets[0].location, "./migrations");
  for (const SourceSet& set : sets)
    EXPECT_EQ(set.files.at(0).script.text(), "SELECT 1;") << "the working directory may change";
}

}  // namespace
}  // namespace dunlin::formats
