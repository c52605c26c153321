using Xunit;

// Each test runs processes of its own; side by side they would only fight for the same two cores and blur each other's moments.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
