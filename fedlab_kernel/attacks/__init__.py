"""What whoever sees the updates of a training can find out about the persons behind them."""
