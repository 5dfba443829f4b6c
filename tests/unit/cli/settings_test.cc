#include "cli/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/database_choice.h"
#include "cli/environment.h"
#include "dunlin/error.h"
#include "support/thrown.h"

namespace dunlin::cli {
namespace {

using test::error_of;
using testing::HasSubstr;

SettingSource from(SourceKind kind, std::string name = "x") {
  return {.kind = kind, .name = std::move(name)};
}

Settings settings_of(const Variables& process, const EnvFile& file = {}) {
  Settings settings;
  std::vector<Diagnostic> warnings;
  offer_environment(Environment(process, file), settings, warnings);
  return settings;
}

EnvFile env_file(const std::map<std::string, std::string>& entries) {
  EnvFile file{.path = ".env"};
  int line = 0;
  for (const auto& [name, value] : entries) file.entries[name] = {value, ++line};
  return file;
}

TEST(Settings, TheHigherPlaceWinsInWhateverOrderTheyAreOffered) {
  using enum SourceKind;
  const std::vector<SourceKind> rising{config_file, env_file, environment, flag};
  for (const SourceKind low : rising) {
    for (const SourceKind high : rising) {
      if (low >= high) continue;
      for (const bool low_first : {true, false}) {
        Settings settings;
        if (low_first) settings.offer("dir", "low", from(low));
        settings.offer("dir", "high", from(high));
        if (!low_first) settings.offer("dir", "low", from(low));
        EXPECT_EQ(settings.text("dir"), "high");
        EXPECT_EQ(settings.at("dir").source.kind, high);
      }
    }
  }
}

TEST(Settings, WithoutAnythingTheDefaultsHold) {
  const Settings settings;
  EXPECT_EQ(settings.text("dir"), "./migrations");
  EXPECT_EQ(to_string(settings.at("dir").source), "default");
  const RunOptions options = settings.run_options();
  EXPECT_EQ(options.lock_wait, RunOptions{}.lock_wait);
  EXPECT_EQ(options.lock_retries, RunOptions{}.lock_retries);
  EXPECT_EQ(options.reconnect_for, RunOptions{}.reconnect_for);
  EXPECT_EQ(options.allow_out_of_order, std::nullopt);
  EXPECT_EQ(settings.session_options().connect_timeout, SessionOptions{}.connect_timeout);
  EXPECT_EQ(settings.session_options().lock_timeout, SessionOptions{}.lock_timeout);
  EXPECT_EQ(settings.session_options().busy_timeout, SessionOptions{}.busy_timeout);
}

TEST(Settings, AWrongValueIsAnErrorAlsoWhereItWouldNotWin) {
  Settings settings;
  settings.offer("lock_wait", "1min", from(SourceKind::flag, "--lock-wait"));
  const Error error =
      error_of([&] { settings.offer("lock_wait", "soon", {SourceKind::config_file, "lock_wait", "dunlin.toml", 7}); });
  EXPECT_EQ(error.kind, ErrorKind::config);
  EXPECT_THAT(error.message, HasSubstr("lock_wait: \"soon\""));
  EXPECT_EQ(error.where.file, "dunlin.toml");
  EXPECT_EQ(error.where.line, 7);
}

struct WrongValue {
  std::string key;
  std::string value;
  std::string message;
  std::string hint;
};

class SettingsRefuse : public testing::TestWithParam<WrongValue> {};

TEST_P(SettingsRefuse, AValueThatDoesNotFit) {
  Settings settings;
  const Error error = error_of(
      [&] { settings.offer(GetParam().key, GetParam().value, from(SourceKind::flag, "--" + GetParam().key)); });
  EXPECT_EQ(error.kind, ErrorKind::usage);
  EXPECT_THAT(error.message, HasSubstr(GetParam().message));
  EXPECT_THAT(error.hint, HasSubstr(GetParam().hint));
}

INSTANTIATE_TEST_SUITE_P(Kinds, SettingsRefuse,
                         testing::Values(WrongValue{"lock_wait", "30", "unit is missing", "2s"},
                                         WrongValue{"lock_retries", "-1", "not a whole number", ""},
                                         WrongValue{"lock_retries", "3x", "not a whole number", ""},
                                         WrongValue{"transaction", "eahc", "not one of each, all, none",
                                                    "did you mean each?"},
                                         WrongValue{"log_format", "xml", "not one of text, json", ""},
                                         WrongValue{"ignore_missing", "perhaps", "neither on nor off", ""}));

TEST(Settings, SpellingsOfLogLevelsAndIsolationLevelsAreUnderstood) {
  Settings settings;
  settings.offer("log_level", "warn", from(SourceKind::flag));
  settings.offer("isolation", "repeatable read", from(SourceKind::flag));
  EXPECT_EQ(settings.text("log_level"), "warning");
  EXPECT_EQ(settings.session_options().isolation, "repeatable read");
}

TEST(Environment, EveryVariableReachesItsSetting) {
  const Settings settings = settings_of({{"DUNLIN_LOCK_WAIT", "3min"}, {"DUNLIN_IGNORE_MISSING", "true"}});
  EXPECT_EQ(settings.run_options().lock_wait, std::chrono::minutes(3));
  EXPECT_TRUE(settings.run_options().ignore_missing);
  EXPECT_EQ(to_string(settings.at("lock_wait").source), "DUNLIN_LOCK_WAIT");
}

TEST(Environment, TheProcessBeatsTheEnvFile) {
  const Settings settings =
      settings_of({{"DUNLIN_DIR", "process"}}, env_file({{"DUNLIN_DIR", "file"}, {"DUNLIN_FORMAT", "sqlx"}}));
  EXPECT_EQ(settings.text("dir"), "process");
  EXPECT_EQ(to_string(settings.at("format").source), "DUNLIN_FORMAT in .env:2");
}

TEST(Environment, AnUnknownVariableIsAnErrorWithTheNearestOne) {
  const Error error = error_of([] { settings_of({{"DUNLIN_LOCK_WIAT", "3min"}}); });
  EXPECT_EQ(error.kind, ErrorKind::config);
  EXPECT_THAT(error.message, HasSubstr("DUNLIN_LOCK_WIAT"));
  EXPECT_THAT(error.hint, HasSubstr("DUNLIN_LOCK_WAIT"));
  const Error in_file = error_of([] { settings_of({}, env_file({{"DUNLIN_DIRR", "x"}})); });
  EXPECT_EQ(in_file.where.file, ".env");
  EXPECT_EQ(in_file.where.line, 1);
}

TEST(Environment, AVariableOfASettingThatOnlyAFlagSetsIsAnErrorToo) {
  EXPECT_THAT(error_of([] { settings_of({{"DUNLIN_JSON", "1"}}); }).hint, HasSubstr("--json"));
}

TEST(Environment, WhatKubernetesInjectsForAServiceIsNoSetting) {
  for (const char* name :
       {"DUNLIN_PORT", "DUNLIN_SERVICE_HOST", "DUNLIN_SERVICE_PORT", "DUNLIN_SERVICE_PORT_HTTP", "DUNLIN_PORT_80_TCP",
        "DUNLIN_PORT_80_TCP_ADDR", "DUNLIN_PORT_80_TCP_PORT", "DUNLIN_PORT_80_TCP_PROTO",
        "DUNLIN_OPERATOR_SERVICE_HOST", "DUNLIN_OPERATOR_SERVICE_PORT_HTTPS", "DUNLIN_OPERATOR_PORT",
        "DUNLIN_OPERATOR_PORT_443_TCP_ADDR", "DUNLIN_PORT_53_UDP"}) {
    EXPECT_TRUE(is_service_link(name)) << name;
    EXPECT_NO_THROW(settings_of({{name, "tcp://10.0.0.1:80"}})) << name;
  }
  for (const char* name :
       {"DUNLIN_PORTS", "DUNLIN_PORT_TCP", "DUNLIN_PORT_80", "DUNLIN_URL", "PORT", "DUNLIN_SERVICE"}) {
    EXPECT_FALSE(is_service_link(name)) << name;
  }
}

TEST(Environment, NoSettingHasAServiceLinksName) {
  for (const SettingRow& row : setting_rows()) EXPECT_FALSE(is_service_link(environment_name(row))) << row.key;
}

TEST(Environment, RustLogIsALogLevel) {
  EXPECT_EQ(level_of_rust_log("info"), "info");
  EXPECT_EQ(level_of_rust_log("WARN"), "warning");
  EXPECT_EQ(level_of_rust_log("everruns=debug,info"), "info");
  EXPECT_EQ(level_of_rust_log("info,dunlin=trace"), "debug");
  EXPECT_EQ(level_of_rust_log("off"), "error");
  EXPECT_EQ(level_of_rust_log("sqlx::query=off"), "");
  EXPECT_EQ(level_of_rust_log("debug/regex"), "debug");
  EXPECT_EQ(settings_of({{"RUST_LOG", "debug"}}).text("log_level"), "debug");
  EXPECT_EQ(settings_of({{"RUST_LOG", "debug"}, {"DUNLIN_LOG_LEVEL", "error"}}).text("log_level"), "error");
}

struct Choice {
  std::string title;
  Variables process;
  std::map<std::string, std::string> file;
  std::string written;  // the URL for writing; empty: none
  std::string read;
};

class DatabaseChoiceTable : public testing::TestWithParam<Choice> {};

TEST_P(DatabaseChoiceTable, NamesTheDatabase) {
  const Environment environment(GetParam().process, env_file(GetParam().file));
  Settings settings;
  std::vector<Diagnostic> warnings;
  offer_environment(environment, settings, warnings);
  settings.offer("url", "sqlite:toml", {SourceKind::config_file, "url", "dunlin.toml", 1});
  const auto written = choose_database(settings, environment, DatabaseUse::write);
  const auto read = choose_database(settings, environment, DatabaseUse::read);
  EXPECT_EQ(written ? written->url : "", GetParam().written);
  EXPECT_EQ(read ? read->url : "", GetParam().read);
}

INSTANTIATE_TEST_SUITE_P(
    Precedence, DatabaseChoiceTable,
    testing::Values(Choice{"toml", {}, {}, "sqlite:toml", "sqlite:toml"},
                    Choice{"database_url", {{"DATABASE_URL", "a"}}, {}, "a", "a"},
                    Choice{"own_variable", {{"DATABASE_URL", "a"}, {"DUNLIN_URL", "b"}}, {}, "b", "b"},
                    Choice{"migration_user", {{"DATABASE_URL", "a"}, {"MIGRATION_DATABASE_URL", "m"}}, {}, "m", "a"},
                    Choice{"app_user", {{"APP_DATABASE_URL", "p"}, {"MIGRATION_DATABASE_URL", "m"}}, {}, "m", "p"},
                    Choice{"app_user_only", {{"APP_DATABASE_URL", "p"}}, {}, "sqlite:toml", "p"},
                    Choice{"migration_user_only", {{"MIGRATION_DATABASE_URL", "m"}}, {}, "m", "m"},
                    Choice{"process_over_file", {{"DATABASE_URL", "a"}}, {{"MIGRATION_DATABASE_URL", "f"}}, "a", "a"},
                    Choice{"file", {}, {{"DATABASE_URL", "f"}}, "f", "f"},
                    Choice{"direct", {{"DATABASE_URL", "a"}, {"DUNLIN_DIRECT_URL", "d"}}, {}, "d", "a"},
                    Choice{"parts",
                           {{"DB__HOST", "db"}, {"DB__NAME", "app"}, {"DB__USER", "u"}, {"DB__PASSWORD", "p@/:%"}},
                           {},
                           "postgres://u:p%40%2F%3A%25@db/app",
                           "postgres://u:p%40%2F%3A%25@db/app"},
                    Choice{"url_over_parts", {{"DB__HOST", "db"}, {"DATABASE_URL", "a"}}, {}, "a", "a"}),
    [](const auto& choice) { return choice.param.title; });

TEST(DatabaseChoice, PartsBecomeAUrl) {
  const auto compose = [](Variables variables) {
    return compose_database_url(Environment(std::move(variables), {}), SourceKind::environment).value().url;
  };
  EXPECT_EQ(compose({{"DB__HOST", "db"}}), "postgres://db");
  EXPECT_EQ(compose({{"DB__DRIVER", "PostgreSQL"},
                     {"DB__HOST", "db"},
                     {"DB__PORT", "5433"},
                     {"DB__NAME", "my app"},
                     {"DB__USER", "ü"},
                     {"DB__SSLMODE", "verify-full"}}),
            "postgres://%C3%BC@db:5433/my%20app?sslmode=verify-full");
  EXPECT_EQ(compose({{"DB__HOST", "/run/postgresql"}}), "postgres://%2Frun%2Fpostgresql");
  EXPECT_EQ(compose({{"DB__HOST", "::1"}}), "postgres://[::1]");
  EXPECT_EQ(compose({{"DB__DRIVER", "sqlite"}, {"DB__NAME", "app.db"}}), "sqlite:app.db");
  EXPECT_EQ(compose({{"DB__DRIVER", "mysql"}, {"DB__HOST", "db"}, {"DB__NAME", "app"}}), "mysql://db/app");
}

TEST(DatabaseChoice, WrongPartsNameTheirVariable) {
  const auto message = [](Variables variables) {
    return error_of([&] { compose_database_url(Environment(std::move(variables), {}), SourceKind::environment); })
        .message;
  };
  EXPECT_THAT(message({{"DB__HOST", "db"}, {"DB__PORT", "54x"}}), HasSubstr("DB__PORT"));
  EXPECT_THAT(message({{"DB__HOST", "db"}, {"DB__PORT", "70000"}}), HasSubstr("DB__PORT"));
  EXPECT_THAT(message({{"DB__NAME", "app"}}), HasSubstr("DB__HOST is not set"));
  EXPECT_THAT(message({{"DB__DRIVER", "oracle"}, {"DB__HOST", "db"}}), HasSubstr("DB__DRIVER"));
}

TEST(DatabaseChoice, AVariableSetToNothingIsAMissingSecretAndNotNoDatabase) {
  const Environment environment({{"DATABASE_URL", ""}}, {});
  Settings settings;
  settings.offer("url", "sqlite:made-up.db", {SourceKind::config_file, "url", "dunlin.toml", 1});
  EXPECT_THAT(error_of([&] { choose_database(settings, environment, DatabaseUse::write); }).message,
              HasSubstr("DATABASE_URL is set but empty"));
}

TEST(DatabaseChoice, NothingAnywhereSaysHowToNameOne) {
  const Error error = error_of([] { require_database(Settings(), Environment({}, {}), DatabaseUse::write); });
  EXPECT_EQ(error.kind, ErrorKind::usage);
  EXPECT_THAT(error.message, HasSubstr("DATABASE_URL"));
  const Error with_app =
      error_of([] { require_database(Settings(), Environment({{"APP_DATABASE_URL", "x"}}, {}), DatabaseUse::write); });
  EXPECT_THAT(with_app.hint, HasSubstr("MIGRATION_DATABASE_URL"));
}

}  // namespace
}  // namespace dunlin::cli
