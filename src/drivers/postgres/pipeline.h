// A bounded queue of statements on their way to the server, and the answers as they come back.
//
// Everything between two Syncs is one unit of error: after the first refused statement the server skips the rest. What
// is unanswered is bounded (256 statements or 1 MB), and rows that nobody keeps are dropped one by one, so a batch of
// any size costs the memory of its longest statement.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <libpq-fe.h>

#include "drivers/postgres/canceller.h"
#include "drivers/postgres/connection.h"
#include "drivers/postgres/watch.h"

namespace dunlin::postgres {

// What the sender wants to know of a statement when its answer comes.
struct Ticket {
  int role = 0;
  std::size_t unit = 0;
  std::size_t statement = 0;
  int line = 0;
  int column = 0;
};

Row copy_row(const PGresult*, int number);

class Recipient {
 public:
  virtual ~Recipient() = default;
  // Whether all rows of an answer may be held at once; else they are handed over, and dropped, one by one.
  virtual bool keeps_rows() const { return false; }
  // The row of the result that has this number.
  virtual void row(const Ticket&, const PGresult*, int) {}
  virtual void answered(const Ticket&, const PGresult*) {}
  // At most once between two Syncs.
  virtual void refused(const Ticket&, const PGresult*) = 0;
  // `ticket` is null for what arrives while nothing runs.
  virtual void notice(const Ticket* ticket, ServerNotice) = 0;
};

enum class Halt {
  none,
  refused,      // a statement got an error; what followed it was skipped
  interrupted,  // the interrupt was requested while something was on its way
  lost,         // the connection is gone
};

class Pipeline {
 public:
  // `backend` is whom to end when it does not listen to cancel requests.
  Pipeline(Connection&, const BackendId& backend, const Watch&, Recipient&);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // For work that has to be done although the interrupt was requested already (rollback, unlocking, reading what
  // happened): it gets two seconds before it is cancelled too.
  void tolerate_interrupt() noexcept { tolerant_ = true; }

  // False, and nothing is sent, once the pipeline has halted. May wait for answers to make room.
  bool send(const std::string& sql, const Ticket&);
  // Asks the server to send the answers it holds back.
  void request_flush();
  // Sends a Sync and waits until everything is answered. After Halt::refused another series may be sent.
  Halt finish();

  bool accepting() const noexcept { return halt_ == Halt::none; }
  // For Halt::lost and for a connection that an interrupt had to end: the first reason given.
  const std::optional<Error>& lost_because() const noexcept { return lost_because_; }
  // Unanswered tickets when the connection was lost, oldest first.
  const std::vector<Ticket>& unanswered() const noexcept { return unanswered_; }
  void set_step(const Step* step) noexcept { watch_.step = step; }

 private:
  struct Entry {
    Ticket ticket;
    std::size_t bytes = 0;
    bool sync = false;
    bool started = false;   // it has been settled how its rows come
    bool complete = false;  // its last result is in, only the separating null is missing
  };

  static void receive_notice(void* self, const PGresult*) noexcept;
  void deliver_notices(const Entry* to, const Entry* from_parser_to);
  const Entry* next_entry() const { return sent_.size() > 1 ? &sent_[1] : nullptr; }
  void sync();
  void pump();
  void absorb();
  bool take(bool forced);
  void take_result(Result);
  void note_lost(std::string_view said, std::string sqlstate);
  void on_lost();
  void give_up();
  void check_interrupt();
  void check_patience();

  Connection& connection_;
  BackendId backend_;
  Watch watch_;
  Recipient& recipient_;
  std::deque<Entry> sent_;
  std::size_t unanswered_bytes_ = 0;
  std::size_t unflushed_bytes_ = 0;
  std::size_t unrequested_ = 0;  // statements since the last Flush request or Sync
  std::size_t unrequested_bytes_ = 0;
  std::size_t syncs_ = 0;
  Halt halt_ = Halt::none;
  bool tolerant_ = false;
  SteadyTime last_answer_;
  SteadyTime next_tick_;
  SteadyTime honour_interrupt_from_;
  SteadyTime give_up_at_;
  std::unique_ptr<Canceller> canceller_;
  std::optional<Error> lost_because_;
  std::vector<Ticket> unanswered_;
  struct Notice {
    ServerNotice notice;
    bool from_parser = false;
  };
  // Received inside libpq, delivered when it has returned.
  std::vector<Notice> notices_;
};

}  // namespace dunlin::postgres
