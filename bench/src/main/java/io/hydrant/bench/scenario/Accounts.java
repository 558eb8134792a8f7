package io.hydrant.bench.scenario;

import io.hydrant.bench.process.ProcessAccounts;
import java.io.IOException;

/** What the servers of one side have spent so far, all of them together. */
interface Accounts {
  ProcessAccounts now() throws IOException;
}
