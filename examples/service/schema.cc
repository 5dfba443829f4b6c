#include "schema.h"

#include <iostream>

#include "dunlin_migrations_notes_service.h"

namespace notes {
namespace {

class Narrator final : public dunlin::Observer {
 public:
  void waiting_for_run_lock(const std::vector<dunlin::Blocker>&, std::chrono::milliseconds) override {
    if (!waiting_) std::cerr << "another instance is migrating: waiting for it\n";
    waiting_ = true;
  }
  void waiting_for_migrations(std::size_t pending, const std::string& owner, std::chrono::milliseconds) override {
    if (!waiting_) std::cerr << "waiting for " << owner << " to apply " << pending << " migrations\n";
    waiting_ = true;
  }
  void step_finished(const dunlin::Step& step, const dunlin::AppliedStep& applied) override {
    if (!applied.by_another) std::cerr << "applied " << step.migration.version.text << ' ' << applied.name << '\n';
  }

 private:
  bool waiting_ = false;
};

void say(const dunlin::Error& error) {
  std::cerr << "error: " << error.message << '\n';
  if (!error.where.file.empty()) std::cerr << "  " << error.where.file << ':' << error.where.line << '\n';
  if (!error.hint.empty()) std::cerr << "next: " << error.hint << '\n';
}

}  // namespace

dunlin::Migrator open_schema(const std::string& url, const dunlin::Interrupt& interrupt) {
  dunlin::MigratorOptions options{.url = url, .embedded = dunlin_migrations_notes_service()};
  options.session.interrupt = &interrupt;
  return dunlin::Migrator::open(std::move(options));
}

bool migrate(dunlin::Migrator& schema, std::chrono::seconds wait) {
  Narrator narrator;
  dunlin::RunOptions options;
  options.wait_migrated = wait;
  const dunlin::Report report = schema.up(options, &narrator);
  if (report.failed) say(report.failed->error);
  if (report.error) say(*report.error);
  return report.outcome == dunlin::Outcome::applied || report.outcome == dunlin::Outcome::nothing;
}

}  // namespace notes
