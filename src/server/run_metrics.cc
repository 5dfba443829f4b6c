#include "server/run_metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "dunlin/error.h"
#include "dunlin/version.h"

namespace dunlin::server {
namespace {

constexpr std::string_view kRuns = "dunlin_runs_total";

// The families of one number each.
struct Family {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  double RunMetrics::* value;
};
constexpr std::array kFamilies{
    Family{"dunlin_run_seconds_total", "counter", "Time spent in runs, waiting included.", &RunMetrics::seconds},
    Family{"dunlin_run_migrations_total", "counter", "Migrations that runs applied or undid.", &RunMetrics::migrations},
    Family{"dunlin_run_lock_wait_seconds_total", "counter", "Time that runs waited for other runners.",
           &RunMetrics::lock_wait_seconds},
    Family{"dunlin_run_lock_retries_total", "counter", "Migrations tried again because others held a lock.",
           &RunMetrics::lock_retries},
    Family{"dunlin_last_run_timestamp_seconds", "gauge", "When the last run ended.", &RunMetrics::last_run_at},
    Family{"dunlin_last_run_duration_seconds", "gauge", "How long the last run took.", &RunMetrics::last_run_seconds},
    Family{"dunlin_last_success_timestamp_seconds", "gauge", "When the last run that succeeded ended.",
           &RunMetrics::last_success_at},
};
constexpr std::string_view kSucceeded = "dunlin_last_run_success";
constexpr std::string_view kPending = "dunlin_pending_migrations";

bool succeeded(Outcome outcome) {
  return outcome == Outcome::applied || outcome == Outcome::nothing;
}

double seconds_of(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

// A sample as Exposition writes it.
struct Sample {
  std::string_view name;
  std::map<std::string, std::string, std::less<>> labels;
  double value = 0;
};

[[noreturn]] void refuse(std::string_view line) {
  throw Failure(ErrorKind::config, fmt::format("not a metrics file of dunlin: \"{}\"", line.substr(0, 80)));
}

Sample parse_sample(std::string_view line) {
  Sample sample;
  const std::string_view whole = line;
  sample.name = line.substr(0, line.find_first_of("{ "));
  line.remove_prefix(sample.name.size());
  while (line.starts_with('{') || line.starts_with(',')) {
    line.remove_prefix(1);
    const auto equals = line.find("=\"");
    if (equals == std::string_view::npos) refuse(whole);
    std::string& content = sample.labels[std::string(line.substr(0, equals))];
    line.remove_prefix(equals + 2);
    while (!line.empty() && line.front() != '"') {
      const bool escape = line.front() == '\\' && line.size() > 1;
      if (escape) line.remove_prefix(1);
      content += escape && line.front() == 'n' ? '\n' : line.front();
      line.remove_prefix(1);
    }
    if (line.empty()) refuse(whole);
    line.remove_prefix(1);
  }
  if (line.starts_with('}')) line.remove_prefix(1);
  if (!line.starts_with(' ')) refuse(whole);
  line.remove_prefix(1);
  const auto [end, problem] = std::from_chars(line.data(), line.data() + line.size(), sample.value);
  if (problem != std::errc{} || end != line.data() + line.size()) refuse(whole);
  return sample;
}

void take(RunMetricsByDatabase& all, const Sample& sample, std::string_view line) {
  if (sample.name == "dunlin_build_info") return;
  const auto database = sample.labels.find("database");
  if (database == sample.labels.end()) refuse(line);
  RunMetrics& metrics = all[database->second];
  const auto* family = std::ranges::find(kFamilies, sample.name, &Family::name);
  const auto outcome = sample.labels.find("outcome");
  if (sample.name == kRuns && outcome != sample.labels.end()) {
    metrics.runs[outcome->second] = sample.value;
  } else if (sample.name == kSucceeded) {
    metrics.last_run_succeeded = sample.value != 0;
  } else if (sample.name == kPending) {
    metrics.pending = sample.value;
  } else if (family != kFamilies.end()) {
    metrics.*family->value = sample.value;
  } else {
    refuse(line);
  }
}

}  // namespace

void RunMetrics::add(const RunMetrics& later) {
  for (const auto& [outcome, count] : later.runs) runs[outcome] += count;
  seconds += later.seconds;
  migrations += later.migrations;
  lock_wait_seconds += later.lock_wait_seconds;
  lock_retries += later.lock_retries;
  pending = later.pending;
  last_run_at = later.last_run_at;
  last_run_seconds = later.last_run_seconds;
  last_run_succeeded = later.last_run_succeeded;
  if (later.last_run_succeeded) last_success_at = later.last_success_at;
}

void write_run_metrics(Exposition& exposition, const RunMetricsByDatabase& all) {
  if (all.empty()) return;
  exposition.family(kRuns, "counter", "Runs, by what they came to.");
  for (const auto& [database, metrics] : all) {
    for (const auto& [outcome, count] : metrics.runs) {
      exposition.sample(count, {{"database", database}, {"outcome", outcome}});
    }
  }
  for (const Family& family : kFamilies) {
    // Not a success in 1970: a Pushgateway would take it for the last one.
    const auto is_known = [&](const RunMetrics& metrics) {
      return family.value != &RunMetrics::last_success_at || metrics.last_success_at > 0;
    };
    if (std::ranges::none_of(all, is_known, &RunMetricsByDatabase::value_type::second)) continue;
    exposition.family(family.name, family.type, family.help);
    for (const auto& [database, metrics] : all) {
      if (is_known(metrics)) exposition.sample(metrics.*family.value, {{"database", database}});
    }
  }
  exposition.family(kSucceeded, "gauge", "Whether the last run succeeded.");
  for (const auto& [database, metrics] : all) {
    exposition.sample(metrics.last_run_succeeded ? 1 : 0, {{"database", database}});
  }
}

void write_pending(Exposition& exposition, const std::map<std::string_view, double>& pending) {
  exposition.family(kPending, "gauge", "Migrations that are not applied yet.");
  for (const auto& [database, count] : pending) exposition.sample(count, {{"database", database}});
}

void write_build_info(Exposition& exposition) {
  exposition.family("dunlin_build_info", "gauge", "Which dunlin this is.");
  exposition.sample(1, {{"version", version()}, {"commit", commit()}});
}

RunMetricsByDatabase read_run_metrics(std::string_view text) {
  RunMetricsByDatabase all;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.empty() && line.front() != '#') take(all, parse_sample(line), line);
  }
  return all;
}

void RunMeter::waiting_for_run_lock(const std::vector<Blocker>&, std::chrono::milliseconds) {
  if (!waiting_since_) waiting_since_ = clock_.now();
}

void RunMeter::end_waiting() {
  if (waiting_since_) metrics_.lock_wait_seconds += seconds_of(clock_.now() - *waiting_since_);
  waiting_since_.reset();
}

RunMetrics RunMeter::measured(const Report& report) {
  end_waiting();
  RunMetrics measured = metrics_;
  measured.runs[to_string(report.outcome)] = 1;
  measured.last_run_at = seconds_of(clock_.wall_now().time_since_epoch());
  measured.seconds = measured.last_run_seconds = seconds_of(clock_.now() - began_);
  measured.migrations = static_cast<double>(report.applied.size());
  measured.pending = static_cast<double>(report.pending_left);
  measured.last_run_succeeded = succeeded(report.outcome);
  if (measured.last_run_succeeded) measured.last_success_at = measured.last_run_at;
  return measured;
}

}  // namespace dunlin::server
