import {
  CONTEXT_PROVIDER_ID,
  ICompletionProvider,
  ICompletionProviderManager,
  KERNEL_PROVIDER_ID
} from '@jupyterlab/completer';
import { QueryCompletions } from './completion';

/**
 * Have JupyterLab's own providers be silent in queries.
 *
 * IPython answers the same words, but not while a query runs, and JupyterLab shows nothing before every provider
 * answered or a second passed. There is no way to say so through the manager's interface.
 */
export function stepAside(manager: ICompletionProviderManager, queries: QueryCompletions): void {
  const { getProviders } = manager as { getProviders?: () => Map<string, ICompletionProvider> };
  const providers = getProviders?.call(manager);
  for (const identifier of [KERNEL_PROVIDER_ID, CONTEXT_PROVIDER_ID]) {
    const provider = providers?.get(identifier);
    if (provider) {
      const isApplicable = provider.isApplicable.bind(provider);
      provider.isApplicable = async context => !queries.knows(context) && isApplicable(context);
    }
  }
}
