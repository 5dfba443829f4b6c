#include "cli/render/text_plan.h"

#include <fmt/format.h>

#include "base/printable.h"
#include "cli/render/text_error.h"
#include "core/planner.h"

namespace dunlin::cli {
namespace {

constexpr std::size_t kStatementColumns = 100;

std::string how(const Step& step, TransactionScope scope) {
  std::string text;
  switch (step.execution) {
    case Execution::transaction:
      text = scope == TransactionScope::all ? "in the one transaction of the run" : "in one transaction";
      break;
    case Execution::journalled: text = "statement by statement"; break;
    case Execution::self_managed: text = "in its own transactions"; break;
  }
  if (!step.reason.empty()) text += ": " + printable(step.reason);
  if (step.out_of_order) text += " (out of order)";
  return text;
}

std::string numbered(std::string_view label, std::string_view text) {
  return fmt::format("      {:>7}  {}\n", label, text);
}

// "app may read and write what is made, reporting may read it"
std::string who_gets_what(const std::vector<RoleGrant>& grants) {
  std::string text;
  for (const RoleGrant& grant : grants) {
    text +=
        fmt::format("{}{} may {} {}", text.empty() ? "" : ", ", printable(grant.role),
                    grant.access == RoleAccess::read ? "read" : "read and write", text.empty() ? "what is made" : "it");
  }
  return text;
}

class PlanText {
 public:
  PlanText(const Plan& plan, const PlanView& view, const Paint& paint) : plan_(plan), view_(view), paint_(paint) {}

  std::string render() {
    const bool all = plan_.scope == TransactionScope::all && !plan_.steps.empty();
    if (!view_.history_exists && !plan_.steps.empty()) {
      text_ += fmt::format("  {} does not exist yet and is made first\n", printable(view_.history_table));
    }
    if (!view_.grants.empty() && !plan_.steps.empty()) text_ += fmt::format("  {}\n", who_gets_what(view_.grants));
    if (all) text_ += "  BEGIN\n";
    for (const Step& step : plan_.steps) add_step(step);
    if (all) text_ += "  COMMIT\n";
    return std::move(text_);
  }

 private:
  void add_step(const Step& step) {
    text_ += fmt::format("  {}  {}  {}\n", paint_.bold(printable(step.migration.version.text)),
                         paint_.bold(printable(step.migration.name)), paint_.faint(how(step, plan_.scope)));
    const bool brackets = step.execution == Execution::transaction && plan_.scope != TransactionScope::all;
    if (step.foreign_keys_off) text_ += numbered("", "foreign keys off; checked before and after");
    if (brackets) {
      text_ += numbered("", step.transaction_characteristics.empty()
                                ? std::string("BEGIN")
                                : "BEGIN " + printable(step.transaction_characteristics));
    }
    for_each_statement(step, view_.dialect, [&](const PlannedStatement& statement) { add(step, statement); });
    text_ += numbered("", fmt::format("{} {}", step.direction == Direction::up ? "record in" : "delete from",
                                      printable(view_.history_table)));
    if (brackets) text_ += numbered("", "COMMIT");
  }

  void add(const Step& step, const PlannedStatement& statement) {
    std::string sql = one_line(statement.text, kStatementColumns);
    if (statement.dropped) sql += "  (left out: the transaction above is its)";
    if (statement.journalled) {
      sql += "  (journalled: an intent before it, its end after it)";
    } else if (step.execution == Execution::journalled && statement.in_transaction) {
      sql += "  (with its journal row in a transaction)";
    }
    text_ += numbered(fmt::format("{}:{}", statement.where.line, statement.where.column), sql);
  }

  const Plan& plan_;
  const PlanView& view_;
  const Paint& paint_;
  std::string text_;
};

// It comes last, with what to type.
bool is_refusal(const Plan& plan, const Diagnostic& finding) {
  return plan.refusal && plan.refusal->message == finding.message && plan.refusal->where == finding.where;
}

}  // namespace

std::string render_plan(const Plan& plan, const PlanView& view, const Paint& paint) {
  const bool down = !plan.steps.empty() && plan.steps.front().direction == Direction::down;
  std::string text = run_title(view.subject);
  text += down ? fmt::format(" · {} to revert\n\n", plan.steps.size())
               : fmt::format(" · {} pending of {}\n\n", plan.steps.size() + plan.left_pending, plan.catalog_size);
  // A plan that must not be run may hold scripts that cannot even be cut into statements.
  if (!plan.refusal) text += PlanText(plan, view, paint).render();
  for (const Diagnostic& finding : plan.diagnostics) {
    if (!is_refusal(plan, finding)) text += render_diagnostic(finding, paint);
  }
  if (plan.refusal) {
    text += render_error(*plan.refusal, paint) + "This plan would be refused.\n";
    return text + render_next(plan.refusal->hint, paint);
  }
  if (plan.steps.empty()) return text + "Nothing to do.\n";
  text += fmt::format("\n{} to {}", counted(plan.steps.size(), "migration"), down ? "revert" : "apply");
  if (plan.left_pending > 0) text += fmt::format("; {} more stay pending", plan.left_pending);
  return text + ". Nothing was changed.\n" + render_next(down ? "dunlin down" : view.next, paint);
}

}  // namespace dunlin::cli
