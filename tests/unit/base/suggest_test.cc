#include "base/suggest.h"

#include <gtest/gtest.h>

namespace dunlin {
namespace {

const std::vector<std::string_view> kCommands{"migrate", "migrate-info", "info",   "plan", "new",  "down",
                                              "redo",    "baseline",     "create", "drop", "wait", "validate"};

TEST(Suggest, FindsSlipsOfTheFinger) {
  EXPECT_EQ(nearest("migrat", kCommands), "migrate");
  EXPECT_EQ(nearest("mirgate", kCommands), "migrate");
  EXPECT_EQ(nearest("vaildate", kCommands), "validate");
  EXPECT_EQ(nearest("ifno", kCommands), "info");
  EXPECT_EQ(nearest("pln", kCommands), "plan");
}

TEST(Suggest, IgnoresCaseAndTheKindOfDash) {
  EXPECT_EQ(nearest("MIGRATE_INFO", kCommands), "migrate-info");
}

TEST(Suggest, TakesABeginningAsNear) {
  EXPECT_EQ(nearest("base", kCommands), "baseline");
}

TEST(Suggest, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(nearest("frobnicate", kCommands), "");
  EXPECT_EQ(nearest("", kCommands), "");
  EXPECT_EQ(nearest(std::string(10'000, 'm'), kCommands), "");
  EXPECT_EQ(did_you_mean("frobnicate", kCommands), "");
}

TEST(Suggest, PhrasesAQuestion) {
  EXPECT_EQ(did_you_mean("wiat", kCommands), "did you mean wait?");
}

}  // namespace
}  // namespace dunlin
