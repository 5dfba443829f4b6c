#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/integer_version.h"
#include "core/step_builder.h"

namespace dunlin {
namespace {

using testing::SizeIs;

Migration found_by_the_format(const char* code, Script script) {
  Migration migration;
  migration.version = make_integer_version(1);
  migration.up = std::move(script);
  Diagnostic finding{Severity::error, code, "cannot be read", {}, {}, {}};
  finding.where.file = migration.up.shown_as();
  migration.diagnostics.push_back(std::move(finding));
  return migration;
}

TEST(StepBuilder, WhatTheFormatCouldNotReadIsSaidOnceAndNotTriedAgain) {
  for (const Migration& migration :
       {found_by_the_format("unreadable", Script::from_file("/nonexistent/1_x.sql", "1_x.sql")),
        found_by_the_format("invalid-utf8", Script::from_text("SELECT '\xE9';", "1_x.sql"))}) {
    const BuiltStep built = build_step(migration, Direction::up, Dialect::postgres, TransactionScope::each, "");
    EXPECT_THAT(built.diagnostics, SizeIs(1)) << migration.diagnostics[0].code;
  }
}

}  // namespace
}  // namespace dunlin
