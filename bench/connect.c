/* What a connection alone costs: connects as libpq does, asks for one row, and ends. */
#include <libpq-fe.h>
#include <stdio.h>

int main(int count, char **words) {
  PGconn *connection = PQconnectdb(count > 1 ? words[1] : "");
  PGresult *result = PQexec(connection, "SELECT 1");
  const int done = PQresultStatus(result) == PGRES_TUPLES_OK;
  if (!done) fputs(PQerrorMessage(connection), stderr);
  PQclear(result);
  PQfinish(connection);
  return done ? 0 : 1;
}
