#include "kubernetes/operator/controller.h"

#include <future>
#include <memory>

#include <gmock/gmock.h>

#include "base/exposition.h"
#include "unit/kubernetes/operator/reconciling.h"

namespace dunlin::manager {
namespace {

using testing::HasSubstr;
using Reply = std::optional<ScriptedServer::Reply>;

class Controlling : public Reconciling {
 protected:
  void TearDown() override {
    end();
    Reconciling::TearDown();
  }

  void run() {
    running_ = std::thread([this] {
      controller_.run();
      has_ended_ = true;
    });
  }

  void end() {
    controller_.shut();
    if (running_.joinable()) running_.join();
  }

  std::vector<std::string> problems() {
    const std::scoped_lock lock(mutex_);
    return problems_;
  }

  std::string figures() {
    Exposition exposition;
    metrics_.write(exposition, controller_.figures(), Controller::kWorkers, "lease", "host");
    return exposition.text();
  }

  std::uint64_t count(const char* result) {
    const std::string name =
        fmt::format("controller_runtime_reconcile_total{{controller=\"migrator\",result=\"{}\"}} ", result);
    const std::string text = figures();
    const std::size_t at = text.find(name);
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size()));
  }

  std::vector<std::string> problems_;
  ControllerMetrics metrics_;
  Controller controller_{reconciler_, metrics_, [this](const kubernetes::ObjectKey& key, const std::string& problem) {
                           const std::scoped_lock lock(mutex_);
                           problems_.push_back(key.name_space + "/" + key.name + ": " + problem);
                         }};
  std::atomic<bool> has_ended_ = false;
  std::thread running_;
};

TEST_F(Controlling, WhatWakesItBeforeItRunsIsNotForgotten) {
  start();
  controller_.wake(kKey);
  EXPECT_TRUE(server_.writes().empty());
  run();
  until([&] { return !job().is_null(); }, "the Job is made");
  end();
  EXPECT_TRUE(problems().empty());
  EXPECT_GE(count("success") + count("requeue_after"), 1U);
}

TEST_F(Controlling, AFailureIsToldAndTriedAgain) {
  const auto failures = std::make_shared<std::atomic<int>>(2);
  server_.before = [failures](const auto& request) -> Reply {
    if (!asks(request, "PATCH", "/status") || (*failures)-- <= 0) return std::nullopt;
    return ClusterApi::refusal(500, "InternalError", "no etcd");
  };
  start();
  controller_.wake(kKey);
  run();
  until([&] { return !job().is_null(); }, "the Job is made");
  end();
  ASSERT_EQ(problems().size(), 2U);
  EXPECT_THAT(problems()[0], HasSubstr("default/testing: writing the status of default/testing: no etcd"));
  EXPECT_EQ(count("error"), 2U);
}

TEST_F(Controlling, WhoWasOvertakenTriesAgainWithoutAWord) {
  const auto conflicts = std::make_shared<std::atomic<int>>(1);
  server_.before = [conflicts](const auto& request) -> Reply {
    if (!asks(request, "PATCH", "/status") || (*conflicts)-- <= 0) return std::nullopt;
    return ClusterApi::refusal(409, "Conflict");
  };
  start();
  controller_.wake(kKey);
  run();
  until([&] { return !job().is_null(); }, "the Job is made");
  end();
  EXPECT_TRUE(problems().empty());
  EXPECT_EQ(count("requeue"), 1U);
}

TEST_F(Controlling, OneInTroubleKeepsNoOther) {
  server_.before = [](const auto& request) -> Reply {
    return asks(request, "PATCH", "/migrators/bad/status") ? Reply(ClusterApi::refusal(500, "InternalError"))
                                                           : std::nullopt;
  };
  Json bad = cluster_.migrator;
  bad["metadata"]["name"] = "bad";
  bad["metadata"]["uid"] = "Migrator-bad";
  server_.put(bad);
  start();
  controller_.wake({"default", "bad"});
  run();
  until([&] { return problems().size() >= 3; }, "it has failed again and again");
  controller_.wake(kKey);
  until([&] { return !job().is_null(); }, "the other one's Job is made");
}

TEST_F(Controlling, WhatHasBegunIsBroughtToItsEnd) {
  const auto reached = std::make_shared<std::promise<void>>();
  std::promise<void> may_answer;
  const std::shared_future<void> answering = may_answer.get_future().share();
  const auto first = std::make_shared<std::atomic<bool>>(true);
  server_.before = [reached, answering, first](const auto& request) -> Reply {
    if (asks(request, "PATCH", "/status") && first->exchange(false)) {
      reached->set_value();
      answering.wait();
    }
    return std::nullopt;
  };
  start();
  controller_.wake(kKey);
  run();
  reached->get_future().wait();
  controller_.wake({"default", "another"});
  controller_.shut();
  EXPECT_FALSE(has_ended_);
  may_answer.set_value();
  end();
  EXPECT_TRUE(has_ended_);
  EXPECT_FALSE(job().is_null());
}

TEST_F(Controlling, ChangesOfTheCopiesWakeIt) {
  on_wake_ = [this](const kubernetes::ObjectKey& key) { controller_.wake(key); };
  start();
  run();
  until([&] { return !job().is_null(); }, "the Job is made");
  finish_job({{"succeeded", 1}, {"startTime", "2026-01-01T10:00:00Z"}, {"completionTime", "2026-01-01T10:00:05Z"}});
  until([&] { return reason() == "MigrationsUpToDate"; }, "its end is seen");
}

}  // namespace
}  // namespace dunlin::manager
