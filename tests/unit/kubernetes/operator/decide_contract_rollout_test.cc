// A contract command waits until it is known that the version it contracts to works.
#include <gmock/gmock.h>

#include "unit/kubernetes/operator/contract_test.h"

namespace dunlin::manager {
namespace {

using std::chrono::minutes;
using testing::HasSubstr;

// A crash loop behind a rollout that takes the old pods away first: the way back is the way out.
TEST_F(ContractTest, DoesNotCloseTheWayBackOfAVersionThatDoesNotWork) {
  roll_out();
  cluster.drop_other_pods("myapp:v2");
  cluster.objects["Deployment/web"]["spec"]["replicas"] = 1;
  cluster.settle();
  cluster.pass(minutes(30));
  cluster.settle();
  EXPECT_EQ(cluster.contract_job(), nullptr);
  EXPECT_EQ(message(), "The contract command is not run now: no pod of Deployment/web is ready");

  cluster.set_ready("myapp:v2", true);
  cluster.settle();
  cluster.pass(minutes(9));
  cluster.set_ready("myapp:v2", false);
  cluster.settle();
  cluster.set_ready("myapp:v2", true);
  cluster.settle();
  cluster.pass(minutes(9));
  cluster.settle();
  EXPECT_EQ(cluster.contract_job(), nullptr) << "it has to be ready for all of the time";
  cluster.pass(minutes(1));
  cluster.settle();
  ASSERT_NE(cluster.contract_job(), nullptr);
  cluster.run_job(0, "", kContractJob);
  cluster.settle();
  cluster.set_ready("myapp:v2", false);
  cluster.settle();
  EXPECT_EQ(cluster.condition("Contracted").status, Truth::yes) << "what has run has run";
}

TEST_F(ContractTest, WorkloadsOfDifferentVersionsAreNamed) {
  cluster.set_spec(kContractSpec);
  migrate_to("myapp:v1");
  cluster.deploy("worker", "worker:v2");
  cluster.settle();
  cluster.run_job(0);
  cluster.settle();
  EXPECT_THAT(message(), HasSubstr("workloads are of different versions: Deployment/worker wants worker:v2, "
                                   "Deployment/web wants myapp:v1"));
}

TEST_F(ContractTest, APausedRolloutHoldsItUp) {
  roll_out();
  cluster.drop_other_pods("myapp:v2");
  cluster.settle();
  cluster.pass(minutes(9));
  cluster.objects["Deployment/web"]["spec"]["paused"] = true;
  cluster.settle();
  EXPECT_EQ(message(), "The contract command is not run now: Deployment/web is paused");
  cluster.pass(minutes(9));
  cluster.objects["Deployment/web"]["spec"]["paused"] = false;
  cluster.settle();
  cluster.pass(minutes(9));
  cluster.settle();
  EXPECT_EQ(cluster.contract_job(), nullptr) << "the time starts anew";
  cluster.pass(minutes(1));
  cluster.settle();
  EXPECT_NE(cluster.contract_job(), nullptr);
}

TEST_F(ContractTest, APausedRolloutCancelsOneThatHasNotBegun) {
  let_contract_begin();
  cluster.objects["Deployment/web"]["spec"]["paused"] = true;
  cluster.step();
  EXPECT_TRUE(kubernetes::is_being_deleted(*cluster.contract_job()));
  EXPECT_THAT(cluster.events.back().message, HasSubstr("had not begun and has been deleted: Deployment/web is paused"));
  cluster.settle();
  EXPECT_TRUE(cluster.lets_start("myapp:v1"));
}

}  // namespace
}  // namespace dunlin::manager
