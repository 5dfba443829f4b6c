#include "kubernetes/operator/files_identity.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dunlin::manager {
namespace {

using Files = std::map<std::string, std::string>;

// Each is what sha256sum says of the text that the header describes.
TEST(FilesIdentity, IsWhatAnybodyElseComputes) {
  EXPECT_EQ(files_identity({{"1_accounts.sql", "SELECT 1;\n"}}), "files-c6bb01526ccf3d9f");
  EXPECT_EQ(files_identity({{"2.sql", "SELECT 2;"}, {"1_a.sql", ""}}), "files-81e01e2c5c8c3b9a");
  EXPECT_EQ(files_identity({}), "files-e3b0c44298fc1c14");
}

// Where a name or a content ends is part of it, whatever stands in either.
TEST(FilesIdentity, IsAnotherForEveryOtherSetOfFiles) {
  const std::string with_nul("a\0b", 3);
  const std::vector<Files> sets{{},           {{"a", ""}},        {{"a", ""}, {"b", ""}},  {{"ab", ""}},
                                {{"a", "b"}}, {{"a", ",1:b,0:"}}, {{"a", ""}, {"b", "c"}}, {{"a", "b"}, {"c", ""}},
                                {{"a", "a"}}, {{"a", with_nul}},  {{"a", "\xff"}}};
  std::set<std::string> identities;
  for (const Files& files : sets) identities.insert(files_identity(files));
  EXPECT_EQ(identities.size(), sets.size());
}

// Compared as bytes, not as signed characters: "z" is before "\xc3\xa4".
TEST(FilesIdentity, NamesAreInTheOrderOfTheirBytes) {
  EXPECT_EQ(files_identity({{"\xc3\xa4", ""}, {"z", ""}}), "files-aa4e3274209d2416");
}

}  // namespace
}  // namespace dunlin::manager
