// A run as log lines.
#pragma once

#include <map>
#include <string>

#include "base/log.h"
#include "cli/render/subject.h"
#include "dunlin/observer.h"

namespace dunlin::cli {

class LogObserver final : public Observer {
 public:
  // Both outlive this.
  LogObserver(Log& log, const Clock& clock, Subject subject) : log_(log), clock_(clock), subject_(std::move(subject)) {}

  void connected(const ServerInfo&) override;
  void run_started(const Plan&) override;
  void run_finished(const Report&) override;
  void waiting_for_run_lock(const std::vector<Blocker>&, std::chrono::milliseconds waited) override;
  void waiting_for_migrations(std::size_t pending, const std::string& owner, std::chrono::milliseconds waited) override;
  void step_started(const Step&, std::size_t index) override;
  void step_finished(const Step&, const AppliedStep&) override;
  void step_failed(const Step&, const FailedStep&) override;
  void step_retrying(const Step&, int attempt, int attempts, const Error&, std::chrono::milliseconds pause) override;
  void statement_blocked(const Step&, const std::string& lock_mode, const std::string& relation,
                         const std::vector<Blocker>&) override;
  void server_progress(const Step&, const ServerProgress&) override;
  void notice(const Step*, const ServerNotice&) override;
  void diagnostic(const Diagnostic&) override;
  void reconnecting(const Error&, int attempt) override;

 private:
  // Whether a message that comes every second is due: at once, and then every ten seconds.
  bool due(const std::string& what);

  Log& log_;
  const Clock& clock_;
  Subject subject_;
  bool down_ = false;
  std::map<std::string, Clock::Steady> said_;
};

// Hands every event on to several observers, in order.
class ObserverList final : public Observer {
 public:
  void add(Observer& observer) { observers_.push_back(&observer); }

  void connected(const ServerInfo& server) override {
    for (auto* each : observers_) each->connected(server);
  }
  void run_started(const Plan& plan) override {
    for (auto* each : observers_) each->run_started(plan);
  }
  void run_finished(const Report& report) override {
    for (auto* each : observers_) each->run_finished(report);
  }
  void waiting_for_run_lock(const std::vector<Blocker>& holders, std::chrono::milliseconds waited) override {
    for (auto* each : observers_) each->waiting_for_run_lock(holders, waited);
  }
  void waiting_for_migrations(std::size_t pending, const std::string& owner,
                              std::chrono::milliseconds waited) override {
    for (auto* each : observers_) each->waiting_for_migrations(pending, owner, waited);
  }
  void step_started(const Step& step, std::size_t index) override {
    for (auto* each : observers_) each->step_started(step, index);
  }
  void statement_finished(const Step& step, std::size_t statement) override {
    for (auto* each : observers_) each->statement_finished(step, statement);
  }
  void step_finished(const Step& step, const AppliedStep& applied) override {
    for (auto* each : observers_) each->step_finished(step, applied);
  }
  void step_failed(const Step& step, const FailedStep& failed) override {
    for (auto* each : observers_) each->step_failed(step, failed);
  }
  void step_retrying(const Step& step, int attempt, int attempts, const Error& why,
                     std::chrono::milliseconds pause) override {
    for (auto* each : observers_) each->step_retrying(step, attempt, attempts, why, pause);
  }
  void statement_blocked(const Step& step, const std::string& lock_mode, const std::string& relation,
                         const std::vector<Blocker>& blockers) override {
    for (auto* each : observers_) each->statement_blocked(step, lock_mode, relation, blockers);
  }
  void server_progress(const Step& step, const ServerProgress& progress) override {
    for (auto* each : observers_) each->server_progress(step, progress);
  }
  void tick() override {
    for (auto* each : observers_) each->tick();
  }
  void notice(const Step* step, const ServerNotice& notice) override {
    for (auto* each : observers_) each->notice(step, notice);
  }
  void diagnostic(const Diagnostic& finding) override {
    for (auto* each : observers_) each->diagnostic(finding);
  }
  void reconnecting(const Error& why, int attempt) override {
    for (auto* each : observers_) each->reconnecting(why, attempt);
  }

 private:
  std::vector<Observer*> observers_;
};

}  // namespace dunlin::cli
