#include "drivers/postgres/exchange.h"

namespace dunlin::postgres {
namespace {

class Collector final : public Recipient {
 public:
  Collector(const Link& link, std::span<const Sent> sent, const Step* step, Observer* observer, Exchange& into)
      : link_(link), sent_(sent), step_(step), observer_(observer), into_(into) {}

  // Rows of a migration's own statement are nobody's business, and may be many.
  bool keeps_rows() const override { return observer_ == nullptr; }
  void row(const Ticket&, const PGresult* result, int number) override {
    if (keeps_rows()) rows_.push_back(copy_row(result, number));
  }
  void answered(const Ticket&, const PGresult* result) override {
    into_.rows.push_back(std::move(rows_));
    into_.tags.emplace_back(PQcmdStatus(const_cast<PGresult*>(result)));
    rows_.clear();
  }
  void refused(const Ticket& ticket, const PGresult* result) override {
    into_.refused_at = ticket.statement;
    into_.error = server_error(result, sent_[ticket.statement].place);
  }
  void notice(const Ticket* ticket, ServerNotice notice) override {
    if (ticket != nullptr) notice.where = sent_[ticket->statement].place.where;
    if (observer_ != nullptr) {
      observer_->notice(step_, notice);
    } else if (link_.options.on_notice) {
      link_.options.on_notice(notice);
    }
  }

 private:
  const Link& link_;
  std::span<const Sent> sent_;
  const Step* step_;
  Observer* observer_;
  Exchange& into_;
  Rows rows_;
};

}  // namespace

void Exchange::check() const {
  if (halt != Halt::none) throw Failure(*error);
}

Exchange round_trip(Link& link, std::span<const Sent> sent, const Step* step, Observer* observer) {
  Exchange result;
  Collector collector(link, sent, step, observer, result);
  Pipeline pipeline(link.connection, link.expendable_backend(), link.watch(observer, step), collector);
  if (link.interrupt_requested() && link.options.answer_timeout.count() == 0) pipeline.tolerate_interrupt();
  for (std::size_t i = 0; i < sent.size(); ++i) {
    if (!pipeline.send(sent[i].sql, {.statement = i})) break;
  }
  result.halt = pipeline.finish();
  if (result.halt == Halt::lost) result.error = pipeline.lost_because();
  const bool by_us = result.error && result.error->sqlstate == "57014" && link.interrupt_requested();
  if (result.halt == Halt::interrupted || (result.halt == Halt::refused && by_us)) {
    result.halt = Halt::interrupted;
    result.error = interrupted_error();
  }
  // The interrupt came too late to stop anything: all of it was done.
  if (result.halt == Halt::interrupted && result.rows.size() == sent.size()) {
    result.halt = Halt::none;
    result.error.reset();
  }
  return result;
}

Rows ask(Link& link, std::string_view sql) {
  const Sent sent{std::string(sql), {}};
  Exchange answer = round_trip(link, {&sent, 1});
  answer.check();
  return std::move(answer.rows.front());
}

bool roll_back(Link& link) {
  // A cancel request that was under way may hit the ROLLBACK instead of what it was meant for.
  for (int tries = 0; tries < 5 && link.in_transaction(); ++tries) {
    const Sent sent{"ROLLBACK", {}};
    round_trip(link, {&sent, 1});
  }
  return link.connection.usable() && !link.in_transaction();
}

}  // namespace dunlin::postgres
