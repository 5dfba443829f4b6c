#include "shell/completion.h"

#include <gmock/gmock.h>

namespace dunlin::shell {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

const Names kNames{.relations = {{"public", "customers", true, {"id", "name"}},
                                 {"public", "invoices", true, {"id", "total", "Due Date"}},
                                 {"billing", "plans", false, {"price"}}}};
const std::vector<std::string> kCommands{"\\d", "\\dt", "\\format"};

std::vector<std::string> words(std::string_view before, std::string_view after = {}) {
  return complete(Dialect::postgres, before, after, kNames, kCommands).words;
}

TEST(Completion, AStatementBeginsWithACommand) {
  EXPECT_THAT(words("sel"), ElementsAre("select"));
  EXPECT_THAT(words("SEL"), ElementsAre("SELECT"));
}

TEST(Completion, TablesStandBehindFrom) {
  EXPECT_THAT(words("SELECT * FROM "), ElementsAre("billing", "customers", "invoices"));
  EXPECT_THAT(words("SELECT * FROM inv"), ElementsAre("invoices"));
  EXPECT_THAT(words("SELECT * FROM billing."), ElementsAre("plans"));
}

TEST(Completion, ColumnsAreThoseOfTheTablesThatAreNamedBeforeAndBehind) {
  EXPECT_THAT(words("SELECT n", " FROM customers"), Contains("name"));
  EXPECT_THAT(words("SELECT * FROM invoices i WHERE i."), ElementsAre("\"Due Date\"", "id", "total"));
  EXPECT_THAT(words("SELECT * FROM customers WHERE to"), Not(Contains("total")));
  EXPECT_THAT(words("SELECT * FROM customers c, invoices WHERE t"), Contains("total"));
}

TEST(Completion, InsideOfAStringNothingIsCompleted) {
  EXPECT_THAT(words("SELECT 'sel"), IsEmpty());
}

TEST(Completion, BackslashCommandsAndWhatTheyTake) {
  EXPECT_THAT(words("\\d"), ElementsAre("\\d", "\\dt"));
  EXPECT_THAT(words("\\d inv"), ElementsAre("invoices"));
  EXPECT_THAT(words("\\format e"), ElementsAre("expanded"));
}

TEST(Completion, TheWordIsReplacedFromItsBeginning) {
  EXPECT_EQ(complete(Dialect::postgres, "SELECT * FROM inv", {}, kNames, kCommands).from, 14u);
}

}  // namespace
}  // namespace dunlin::shell
