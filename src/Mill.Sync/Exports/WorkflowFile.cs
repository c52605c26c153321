using System.Globalization;
using System.Text;
using Mill.Sync.Sealing;

namespace Mill.Sync.Exports;

/// <summary>The workflow of a repository that holds secrets for others: it takes requests, and runs <c>mill sync export</c>.</summary>
public static class WorkflowFile
{
    public const string Path = ".github/workflows/export-secret.yml";

    /// <summary>How many secrets one request may ask for: each has a place in the step's environment, so that it gets those that were asked for, and not all there are.</summary>
    public const int MostSecrets = 20;

    /// <summary>For the job. What the export itself may take is less, so that it says what it did not reach.</summary>
    public static readonly TimeSpan JobLimit = TimeSpan.FromMinutes(10);

    public const string PayloadVariable = "MILL_EXPORT_PAYLOAD";
    public const string PolicyVariable = "MILL_EXPORT_POLICY";
    public const string TokenVariable = "GH_PAT";

    /// <summary>The name whose value is at this place, as the runner found it: it must be the one that was judged.</summary>
    public static string NameVariable(int place) => string.Create(CultureInfo.InvariantCulture, $"MILL_EXPORT_NAME_{place}");

    public static string ValueVariable(int place) => string.Create(CultureInfo.InvariantCulture, $"MILL_EXPORT_VALUE_{place}");

    /// <summary>The whole file.</summary>
    public static string Text()
    {
        var values = new StringBuilder();
        for (var place = 0; place < MostSecrets; place++)
        {
            values.Append(CultureInfo.InvariantCulture, $"          {NameVariable(place)}: ${{{{ github.event.client_payload.secrets[{place}] }}}}\n");
            values.Append(CultureInfo.InvariantCulture, $"          {ValueVariable(place)}: ${{{{ secrets[github.event.client_payload.secrets[{place}] || ''] }}}}\n");
        }
        return $$$"""
            # Sets secrets of this repository in others that ask for them: mill sync request. Made by mill sync init-export.
            #
            # Who may have what stands in the variable {{{PolicyVariable}}} of the environment mill-export, a line each; deny wins:
            #   allow POSTGRES_* acme/*
            #   allow NPM_TOKEN  acme/web by alice,acme-ci[bot]
            #   deny  *_ROOT_PASSWORD *
            # The secret MILL_EXPORT_TOKEN there is a token that may write secrets in those repositories. The environment may ask for a reviewer.
            # The values are plain text in the memory of the machine that runs this, for as long as it does. Have the environment take no branch but the default one.
            name: export-secret
            on:
              repository_dispatch:
                types: [{{{SecretRequest.EventType}}}]
            run-name: "mill-export ${{ github.event.client_payload.request_id }}"
            permissions: {}
            concurrency:
              group: "mill-export-${{ github.event.client_payload.target_repo }}-${{ github.event.client_payload.request_id }}"
            jobs:
              export:
                environment: mill-export
                runs-on: ubuntu-latest
                timeout-minutes: {{{(int)JobLimit.TotalMinutes}}}
                steps:
                  - name: Get mill
                    env:
                      URL: ${{ vars.MILL_URL }}
                      SHA256: ${{ vars.MILL_SHA256 }}
                    run: |
                      set -euo pipefail
                      curl --proto '=https' --fail --silent --show-error --location --output "$RUNNER_TEMP/mill" "$URL"
                      echo "$SHA256  $RUNNER_TEMP/mill" | sha256sum --check --quiet
                      chmod +x "$RUNNER_TEMP/mill"
                      # Values are sealed with libsodium. GitHub's images of Ubuntu have it; others may not.
                      ldconfig -p | grep {{{SodiumNative.Library}}} >/dev/null || { sudo apt-get update --quiet; sudo apt-get install --quiet --yes libsodium23; }
                  - name: Export
                    env:
                      {{{PayloadVariable}}}: ${{ toJSON(github.event.client_payload) }}
                      {{{PolicyVariable}}}: ${{ vars.{{{PolicyVariable}}} }}
                      {{{TokenVariable}}}: ${{ secrets.MILL_EXPORT_TOKEN }}
            {{{values.ToString().TrimEnd('\n')}}}
                    run: |
                      "$RUNNER_TEMP/mill" sync export

            """;
    }
}
