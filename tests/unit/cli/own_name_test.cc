#include "cli/own_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dunlin::cli {
namespace {

using Words = std::vector<std::string>;

TEST(OwnName, IsLeftOutWhereItStandsFirst) {
  for (const char* name :
       {"dunlin", "upgrade_schema.sh", "./upgrade_schema.sh", "/app/upgrade_schema.sh", "/usr/local/bin/dunlin"}) {
    EXPECT_EQ(without_own_name({name, "upgrade", "--quiet"}), (Words{"upgrade", "--quiet"})) << name;
    EXPECT_EQ(without_own_name({name}), Words{}) << name;
  }
}

TEST(OwnName, OnlyOnceAndOnlyThere) {
  EXPECT_EQ(without_own_name({}), Words{});
  EXPECT_EQ(without_own_name({""}), Words{""});
  EXPECT_EQ(without_own_name({"new", "dunlin"}), (Words{"new", "dunlin"}));
  EXPECT_EQ(without_own_name({"dunlin", "dunlin"}), Words{"dunlin"});
  EXPECT_EQ(without_own_name({"my_upgrade_schema.sh"}), Words{"my_upgrade_schema.sh"});
  EXPECT_EQ(without_own_name({"dunlin/"}), Words{"dunlin/"});
}

}  // namespace
}  // namespace dunlin::cli
