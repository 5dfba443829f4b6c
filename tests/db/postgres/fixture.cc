#include "fixture.h"

#include <atomic>
#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

namespace dunlin::testing {

std::string server_url(const char* variable) {
  const char* url = std::getenv(variable);
  if (url == nullptr) throw std::runtime_error(fmt::format("{} is not set: run through with_servers.py", variable));
  return url;
}

std::string with_database(const std::string& url, const std::string& database) {
  const auto query = url.find('?');
  const auto slash = url.rfind('/', query);
  return url.substr(0, slash + 1) + database + (query == std::string::npos ? "" : url.substr(query));
}

std::string with_parameter(const std::string& url, const std::string& parameter) {
  return url + (url.find('?') == std::string::npos ? "?" : "&") + parameter;
}

void Recorder::add(std::string event) {
  if (on_event) on_event(event);
  events.push_back(std::move(event));
}

void Recorder::step_started(const Step& step, std::size_t) {
  add("start " + step.migration.version.text);
}

void Recorder::statement_finished(const Step& step, std::size_t statement) {
  add(fmt::format("statement {}.{}", step.migration.version.text, statement));
}

void Recorder::step_finished(const Step& step, const AppliedStep&) {
  add("finish " + step.migration.version.text);
}

void Recorder::statement_blocked(const Step&, const std::string& mode, const std::string& relation,
                                 const std::vector<Blocker>& by) {
  blocked.push_back(mode + " on " + relation);
  blockers = by;
}

void Recorder::server_progress(const Step&, const ServerProgress& now) {
  progress.push_back(now);
}

void Recorder::tick() {
  ++ticks;
  if (on_tick) on_tick();
}

void Recorder::notice(const Step* step, const ServerNotice& notice) {
  notices.push_back(notice);
  notice_versions.push_back(step == nullptr ? "" : step->migration.version.text);
}

void Recorder::diagnostic(const Diagnostic& diagnostic) {
  diagnostics.push_back(diagnostic);
}

Step& Steps::add(const std::string& sql) {
  Step& step = *steps_.emplace_back(std::make_unique<Step>());
  const std::string number = std::to_string(steps_.size());
  step.migration.version = {number, fmt::format("{:0>6}", number)};
  step.migration.name = "step_" + number;
  step.migration.up = Script::from_text(sql, number + ".sql");
  return step;
}

Step& Steps::add_callback(MigrationCallback callback) {
  Step& step = add("");
  step.migration.up = {};
  step.migration.up_callback = std::move(callback);
  return step;
}

std::vector<Unit> Steps::units() {
  std::vector<Unit> units;
  for (const auto& step : steps_) {
    Unit& unit = units.emplace_back();
    unit.step = step.get();
    unit.index = units.size() - 1;
    unit.record = {fmt::format("INSERT INTO public.history VALUES ({})", step->migration.version.text)};
  }
  return units;
}

void PostgresTest::SetUp() {
  static std::atomic<int> counter{0};
  driver_ = postgres::make_driver();
  database_ = fmt::format("t_{}_{}", ::getpid(), ++counter);
  url_ = with_database(server_url(), database_);
  driver_->admin()->create(url_, {});
  side_ = driver_->open(url_, {});
  run("CREATE TABLE history (version int PRIMARY KEY, at timestamptz DEFAULT now())");
}

void PostgresTest::TearDown() {
  side_.reset();
  driver_->admin()->drop(url_, {}, true);
}

std::unique_ptr<Session> PostgresTest::open(SessionOptions options) {
  return driver_->open(url_, options);
}

std::unique_ptr<Session> PostgresTest::open_as(const std::string& user, SessionOptions options) {
  return driver_->open(with_parameter(url_, "user=" + user), options);
}

Rows PostgresTest::run(const std::string& sql) {
  // query() opens a transaction; what cannot run in one goes alone.
  Recorder nobody;
  if (sql.starts_with("SELECT") || sql.starts_with("INSERT") || sql.starts_with("WITH")) return side_->query(sql);
  const StatementResult result = side_->execute({sql, {}}, nullptr, nobody);
  if (result.error) throw Failure(*result.error);
  return {};
}

std::string PostgresTest::value(const std::string& sql) {
  const Rows rows = run(sql);
  return rows.empty() ? std::string("(none)") : rows[0][0].value_or("(null)");
}

std::string PostgresTest::history() {
  return value("SELECT COALESCE(string_agg(version::text, ',' ORDER BY version), '') FROM history");
}

ApplyResult PostgresTest::apply(Session& session, Steps& steps, Observer& observer, TransactionScope scope) {
  const std::vector<Unit> units = steps.units();
  return session.apply(units, scope, lock_, observer);
}

ApplyResult PostgresTest::apply(Session& session, Steps& steps, TransactionScope scope) {
  Recorder recorder;
  return apply(session, steps, recorder, scope);
}

void PostgresTest::wait_until(const std::string& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (value("SELECT (" + condition + ")::text") != "true") {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << "never true: " << condition;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace dunlin::testing
