import type { ButtonHTMLAttributes } from 'react';
import { Icon, type IconName } from './Icon';

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: 'plain' | 'primary' | 'danger' | 'danger solid' | 'quiet';
  icon?: IconName;
  large?: boolean;
}

export function Button({ look = 'plain', icon, large, className = '', children, ...rest }: Props) {
  return (
    <button type="button" className={`button ${look} ${large ? 'large' : ''} ${className}`} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button with a symbol only; the label is for screen readers and as a tooltip. */
export function IconButton({
  label,
  icon,
  ...rest
}: Omit<Props, 'children' | 'icon'> & { label: string; icon: IconName }) {
  return <Button className="icon" aria-label={label} title={label} icon={icon} {...rest} />;
}
