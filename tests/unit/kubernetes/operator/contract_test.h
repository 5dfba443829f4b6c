// A Migrator with a contract command, and the two versions that it is about.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "unit/kubernetes/operator/fake_cluster.h"

namespace dunlin::manager {

inline constexpr const char* kContractSpec = R"({"contractCommand": ["contract", "--all"]})";

class ContractTest : public testing::Test {
 protected:
  // From v1 to v2: both have been migrated to, and pods of both live.
  void roll_out(const char* spec = kContractSpec) {
    cluster.set_spec(spec);
    migrate_to("myapp:v1");
    migrate_to("myapp:v2");
  }

  void migrate_to(const char* image) {
    cluster.deploy("web", image);
    cluster.settle();
    cluster.run_job(0);
    cluster.settle();
  }

  // The pods of v1 have gone, and so have ten minutes.
  void let_contract_begin() {
    roll_out();
    cluster.drop_other_pods("myapp:v2");
    cluster.settle();
    cluster.pass(std::chrono::minutes(10));
    cluster.settle();
  }

  std::string reason() { return cluster.condition("Contracted").reason; }
  std::string message() { return cluster.condition("Contracted").message; }

  FakeCluster cluster;
};

}  // namespace dunlin::manager
